"""Guesses the type of a text that names none (B2): groups of words, and which groups together hint at a type."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, product

from alertnet.core.inbound.sms_words import Word, sound
from alertnet.core.incident import TYPES

CLOSE = 10
"""The largest distance between such words."""

HINTS = {
    "crowd_repression": "FORCE+CHARGE CROWD+CHARGE CROWD+HURT",
    "arrest": "FORCE+HOLD+P FORCE+TAKE+P",
    "abduction": "WHO+TAKE+P",
    "disappearance": "NOT+KNOW+WHERE",
    "missed_check_in": "NOT+REACH+P NOT+REACH+TEAM NOT+BACK+P NOT+BACK+TEAM",
    "death_threat": "SAY+DIE",
    "threat": "SAY+QUIT POINT+WEAPON SAY+WEAPON",
    "assault": "FORCE+HURT HURT+P WHO+HURT",
    "surveillance": "SPY+STRANGE CAR+STRANGE SPY+WHO SPY+FORCE",
    "raid": "FORCE+SEIZE SEIZE+HOUSE FORCE+TAKE+THINGS",
    "break_in": "BREAK+HOUSE STEAL+THINGS WHO+BREAK+TAKE+THINGS",
    "eviction": "RUIN+LAND",
    "digital_attack": "NETS+INTRUDE",
    "defamation": "MEDIA+LABEL",
    "criminalisation": "COURT+CRIME COURT+P",
    "accident": "CAR+FALL CAR+HURT SICK+P",
    "immigration": "PAPERS+REFUSE",
    "armed_presence": "WHO+WEAPON FORCE+WEAPON ARMY+AROUND+HOUSE",
}
"""The groups that hint at each type when they stand together, in any order."""

CUES = {
    "FORCE": "polic* cop soldier* soldad* soldat* army* ejerc* arme militar* militai* gendarm* guard* troop* officer* "
    "agent* esmad* antimotin* patrol* patrull* intelligence* tomba tombos flic",
    "WHO": "man men guy unknown* someone* somebody* stranger* hombre* tipo* sujeto* desconocid* alguien* homme* "
    "inconnu* quelqu* individu* paras* paraco* paramilit* guerrill* milic* armed* masked* hooded* encapuch* cagoul*",
    "HOLD": "hold held holding* keep kept custody* locked* interrogat* cell* jail* prison* barrack* tiene* reten* "
    "detien* deten* calabozo* carcel* comisari* batallon* garde* retien* cachot* brigade* delegacia",
    "TAKE": "take took taken* grab* drag* forced* snatch* push* bundl* blindfold* llev* agarr* cogi* nab nabbed "
    "sacaron* sac subi* montaron* emmen* embarq* pris prend* prennent* nicked yevaron yevan chope chopee "
    "pegou pegaram levou levaram",
    "HURT": "hit beat* kick punch* bleed* blood* injur* wound* slap* golp* herid* herir* palo* bolillo* patad* puno* "
    "frapp* bless* coup* sang* gifl* saign* stick* bruis* broken*",
    "WEAPON": "gun rifle* pistol* weapon* knife machete* bullet* arma fusil* cuchill* navaja* couteau* bala balle arme "
    "revolver* bomb bomba* granada* grenad* explosiv*",
    "POINT": "point* aim apunt* encanon* braqu* threaten* amenaz* menac*",
    "DIE": "kill* die dead bury buried* throat* murder* mat matar mata matan morir* muert* enterr* degoll* picar* tuer "
    "mort mourir* egorg* disparai* desaparec* coffin* ataud* cercueil* grave tumba* ditch*",
    "SAY": "say said saying* tell told call called* caller* phon* letter* messag* whatsapp* text email* note warn* "
    "shout* scream* written* wrote* dijo dice dicen* dijeron* diciendo* llam* carta* mensaj* panflet* grit* escrib* "
    "dit appel* lettr* crie ecrit* promis* promet* jur swear* swore*",
    "QUIT": "leave stop quit quiet* silence* silent* shut careful* regret* otherwise* consequenc* irme irnos irse "
    "salir* callar* cuid* dejar dejemos* partir* quitter* taire* attention* arrete* sinon* famil* kids children* hijos "
    "enfants*",
    "NOT": "no nao not n t doesn* don didn* hasn* isn won dont* cant* never* nobody* none* nothing* nadie* nada* ni "
    "sin nunca* ne pas plus* personne* aucun* jamais* rien* ninguem*",
    "KNOW": "know heard* seen sabe saben sabemos* visto noticia* sait savons* vu nouvelle* news word trace* rastro*",
    "WHERE": "where* whereabout* donde ou anything paradero* since desde depuis*",
    "REACH": "reach* contact* answer* repl* respon* contest* comunic* habl* llam* repond* joind* joign* appel* pick "
    "picking* call called*",
    "BACK": "back return* arriv* volv* voltou voltar* vuelt* vuelv* regres* lleg* rentr* reven* home",
    "SPY": "follow* watch* pictur* film park* sigue* sigui* vigil* foto* filma* dron* parque* ronda* suit suivi* "
    "suivent suivre tail tailing surveil* filme* gare* listen* tapped* intervin* interven* ecoute* espi* spying* "
    "photo*",
    "STRANGE": "unknown* strange* same suspicio* suspect* tinted* plate desconocid* raro rara mismo misma sospech* "
    "polarizad* placa inconnu* etrange* meme* louche* plaque* night noche* nuit days dias jours morning* manana* "
    "matin*",
    "CAR": "car van truck* pickup* bus jeep vehicle* motorbike* motorcycle* moto carro* coche* camion* voiture* taxi "
    "vehicul*",
    "HOUSE": "house* home office* building* casa sede oficina* maison* bureau* siege* ong center* centre* local* room",
    "THINGS": "computer* laptop* file files* disk phone* camera* document* archiv* computad* disco* telefon* "
    "celular* camara* ordinat* dossier* disque* telephon* papier* passport* pasaport* passeport*",
    "SEIZE": "seiz* confisc* search* decomis* incaut* quit revis* requis* registr* esculc* saisi* fouill* embarg*",
    "BREAK": "break* broke* smash* wreck* vandal* ransack* forced* romp* tumb* destroz* danar* dano* quebr* cass* "
    "defonc* saccag* vitre* vidrio*",
    "STEAL": "steal* stole* thief* thiev* gone robar* robo ladron* voleur* vole",
    "RUIN": "destr* burn* demol* bulldoz* torch* tumb* detru* brul* quem* queim* derrub* arras*",
    "LAND": "crop* field* hut land* farm* village* cultiv* parcel* finca* tierra* rancho* roca vereda* champ* terre* "
    "recolt* plantation* houses casas maisons",
    "NETS": "email* mail* account* whatsapp* facebook* website* server* computer* phone* correo* cuenta* pagina* "
    "compte* site ordinat*",
    "INTRUDE": "hack* leak* virus* intercept* tap clon* pirat* malware* password* contrasen* passe",
    "MEDIA": "tv television* radio news newspaper* facebook* twitter* internet* emisora* prensa periodic* redes* "
    "journal* presse* journaux* alcald* gobern* gouvern* minist* mayor* president* maire",
    "LABEL": "terror* guerril* traitor* spies* enem* criminal* crimine* subvers* traidor* espia* traitre* espion* "
    "rebel* foreign* collaborat* colaborad* bandit* agent*",
    "COURT": "court* judge* prosecut* trial* tribunal juez fiscal* juicio* juzgad* juge* audience* procur* proces* "
    "summon* convoq* citad* citac*",
    "CRIME": "sedition* rebel* terror* defam* outrage* accus* charge* sentenc* condamn* condenad* imputad* "
    "incriminat* poursuiv* conspir*",
    "CROWD": "march* protest* demonstr* student* crowd* rally* plaza* estudiant* multitud* etudiant* foule* manif* "
    "greve huelga*",
    "CHARGE": "gases gaz lacrym* lacrim* charg* dispers* matraq* bolillo* tank tanquet* shield* baton* porra* rubber* "
    "goma* gaseo gasearon kettl* nasse nassee",
    "ARMY": "soldier* soldad* soldat* army* ejerc* arme militar* militai* gendarm* troop*",
    "AROUND": "around alrededor* autour",
    "FALL": "fell fall* crash* ravin* river* overturn* roll* caer cayo barranco* volc* choc* estrell* tomb* renvers* "
    "accident* abism*",
    "SICK": "doctor* medico* medecin* ambulanc* sick ill fever* snake* enfermo* enferma* serpient* vibora* malade* "
    "fievre* serpent*",
    "PAPERS": "visa permit* residen* passport* deport* expuls* migrat* border* frontera* frontier* permiso* sejour* "
    "titre*",
    "REFUSE": "refus* denied* deny* cancel* revok* expel* leave neg negad* annul* expuls* hours* horas* heures* "
    "quitter* salir*",
    "TEAM": "team* driver* colleague* volunteer* equipo* chofer* conductor* companer* compas* muchach* brigad* "
    "equipe* chauffeur* collegue*",
}
"""The words of each group in five languages; a star stands for any ending. `P` is a person."""

_HINTS = [(type, cues.split("+")) for type, hints in HINTS.items() for cues in hints.split()]
_CUES: dict[str, set[str]] = defaultdict(set)
for _cue, _words in CUES.items():
    for _word in _words.split():
        _CUES[sound(_word)].add(_cue)
        if _word.endswith(("c*", "qu*")):  # How it sounds before e and i: menace, confisque.
            _CUES[sound(_word.replace("*", "e")).removesuffix("e") + "*"].add(_cue)

_LONGEST = max(map(len, _CUES))


def hinted(words: list[Word], people: Collection[int], denied: Collection[int]) -> str | None:
    """The gravest type hinted at by words near each other; of equally grave ones the first in `HINTS`.

    `people`, `denied`: the positions of words that are a person, and of those that are denied.
    """
    told: dict[str, list[int]] = defaultdict(list)
    for at, word in enumerate(words):
        for cue in _cues_of(word) | ({"P"} if at in people else set()):
            told[cue].append(at)
    if not told:
        return None

    def places(cue: str, cues: list[str]) -> list[int]:
        """Where it is said; a hint that is itself a denial has denied words: not heard since."""
        return told[cue] if "NOT" in cues else [at for at in told[cue] if at not in denied]

    found = (type for type, cues in _HINTS if _are_close([places(cue, cues) for cue in cues]))
    return min(found, key=lambda type: TYPES[type].severity.rank, default=None)


def _are_close(places: Sequence[list[int]]) -> bool:
    """Whether one place of each list, all of them different, stand together; the lists ascend."""
    return any(len({*each}) == len(each) for first in chain(*places) for each in product(*_within(places, first)))


def _within(places: Sequence[list[int]], first: int) -> Iterator[list[int]]:
    """Of each list the places that are close behind the first: all of a long text would be tried with one another."""
    return (each[bisect_left(each, first) : bisect_right(each, first + CLOSE)] for each in places)


def _cues_of(word: Word) -> set[str]:
    heard = sound(word.plain)
    beginnings = (_CUES.get(f"{heard[:end]}*", ()) for end in range(1, min(len(heard), _LONGEST) + 1))
    return {*_CUES.get(heard, ()), *_CUES.get(heard.removesuffix("s"), ()), *chain(*beginnings)}
