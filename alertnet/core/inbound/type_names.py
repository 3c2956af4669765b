"""What the field calls each type of incident, and where a text does (B2): a table of names, heard by ear."""

import re
from collections.abc import Iterator
from itertools import pairwise, product

from alertnet.core.inbound.sms_words import Word, sound
from alertnet.core.incident import TYPES

TYPE_NAMES = {
    "killing": "killing killed murder murdered assassinat meurtre tue tuee abattu abattue asesinato asesinado "
    "asesinada asesinaron mataron homicidio assassinado assassinada assassinaram mataram ermordet getotet erschossen",
    "attempted_killing": "armed-attack attempted-killing attempted-murder attempt-on-life shot stabbed attentat "
    "attaque-armee tentative-d-assassinat tentative-de-meurtre poignarde poignardee atentado intento-de-asesinato "
    "tentativa-de-asesinato baleado baleada balearon apunalado apunalada apunalaron esfaqueado esfaqueada angeschossen "
    "niedergestochen",
    "disappearance": "disappearance disappeared missing missing-since missing-person disparition disparu disparue "
    "introuvable desaparicion desaparecido desaparecida desaparecio desaparecieron vermisst verschwunden",
    "abduction": "abduction abducted kidnapping kidnapped enlevement enleve enlevee kidnappe kidnappee secuestro "
    "secuestrado secuestrada secuestraron raptado raptada raptaron sequestrado sequestrada sequestraram entfuhrt "
    "verschleppt",
    "arrest": "arrest arrested detained detention jailed imprisoned arrestation arrete arretee interpelle interpellee "
    "interpellation garde-a-vue incarcere incarceree emprisonne emprisonnee arresto detencion detenido detenida "
    "detuvo detuvieron arrestado arrestada arrestaron capturado capturada capturaron preso presa apresado apresada "
    "apresaron encarcelado encarcelada detido detida prenderam algemado algemada verhaftet verhaftung festgenommen",
    "assault": "assault assaulted beaten attacked agression agresse agressee tabasse tabassee frappe frappee agresion "
    "agredido agredida agredieron golpeado golpeada golpearon golpiza paliza atacado atacada atacaron golpeando "
    "agrediendo espancado espancada espancaram verprugelt zusammengeschlagen geschlagen",
    "sexual_violence": "sexual-violence sexual-assault serious-assault rape raped sexually-assaulted sexually-abused "
    "sexual-abuse violence-sexuelle agression-sexuelle agression-grave agresse-sexuellement agressee-sexuellement "
    "abus-sexuel viol violee violencia-sexual agresion-sexual agresion-grave abuso-sexual violacion violaron violada "
    "abusaron-sexualmente abusada-sexualmente agredida-sexualmente estuprada estuprado vergewaltigt vergewaltigung",
    "torture": "torture tortured mauvais-traitements tortura torturado torturada torturaron malos-tratos torturando "
    "gefoltert folter",
    "death_threat": "death-threat threatened-with-death menace-de-mort menaces-de-mort menacee-de-mort "
    "menacent-de-mort amenaza-de-muerte amenazas-de-muerte amenazado-de-muerte amenazada-de-muerte "
    "amenazados-de-muerte amenazadas-de-muerte amenazan-de-muerte amenazaron-de-muerte ameaca-de-morte "
    "ameacas-de-morte morddrohung",
    "threat": "threat threatened threatening intimidation intimidated extortion menace menacee menacent extorsion "
    "amenaza amenazado amenazada amenazan amenazaron intimidacion intimidaron intimidating intimider intimidante "
    "amenazando ameaca ameacado ameacada bedroht bedrohung",
    "surveillance": "surveillance followed watched filature surveille surveillee on-nous-suit on-nous-surveille "
    "vigilancia seguimiento vigilado vigilada nos-siguen nos-vigilan nos-estan-siguiendo nos-estan-vigilando verfolgt",
    "digital_attack": "digital-attack hacked hacking spyware phishing attaque-numerique attaque-informatique "
    "cyberattaque piratage pirate piratee ataque-digital ataque-informatico ciberataque hackeo hackeado hackeada "
    "hackearon jaqueo jaqueado jaqueada jaquearon gehackt clonado clonaron",
    "raid": "raid raided perquisition perquisitionne perquisitionnee allanamiento allanado allanada allanaron cateo "
    "catearon redada allanando durchsuchung razzia",
    "break_in": "break-in burglary burgled broken-into robbery robbed cambriolage cambriole cambriolee robo robaron "
    "einbruch arrombamento",
    "eviction": "eviction evicted displacement expulsion expulse expulsee deplacement-force desalojo desalojado "
    "desalojada desalojar desalojaron desplazamiento desplazado desplazada desalojando zwangsraumung",
    "checkpoint": "checkpoint held-at-checkpoint roadblock road-block barrage bloque-au-barrage bloques-au-barrage "
    "reten detenido-en-reten detenidos-en-reten detenidos-en-un-reten",
    "armed_presence": "armed-presence presence-armee presencia-armada incursion",
    "combat": "combat fighting shooting shots shots-fired warning-shot gunfire crossfire bombing tirs bombardement "
    "combate disparos tiroteo enfrentamiento balacera bombardeo",
    "crowd_repression": "protest-repressed repression tear-gas manif-reprimee manifestation-reprimee gaz-lacrymogene "
    "represion protesta-reprimida gas-lacrimogeno gases-lacrimogenos reprimiendo reprimieron lacrymo lacrimogeno "
    "tranengas",
    "criminalisation": "criminalisation criminalization judicial-harassment legal-harassment harcelement-judiciaire "
    "poursuites inculpe inculpee mis-en-examen mise-en-examen criminalizacion judicializado judicializada imputado "
    "imputada",
    "defamation": "defamation smear smear-campaign diffamation difamacion",
    "immigration": "immigration deportation deported expulsion-order avis-d-expulsion expulsion-du-pays "
    "expulse-du-pays expulsee-du-pays orden-de-expulsion deportacion deportado deportada",
    "missed_check_in": "missed-check-in appel-manque appel-de-controle-manque control-perdido "
    "llamada-de-control-sin-respuesta control-sin-respuesta",
    "accident": "accident car-crash accidente accidentado accidentada acidente unfall",
}
"""What each type is called, a hyphen between words; an s at the end is one more of it."""

SAID = {
    "killing": "shot-dead lo-mato la-mato abattu-par abattu-d-une-balle abattue-par ete-abattu ete-abattue he-is-dead "
    "she-is-dead they-are-dead p-is-dead body-of-p p-esta-muerto p-esta-muerta encontrado-muerto encontrada-muerta "
    "cuerpo-de-p il-est-mort elle-est-morte p-est-mort p-est-morte retrouve-mort retrouvee-morte retrouve-p-mort "
    "retrouve-p-morte corps-de-p p-found-dead p-was-found-dead he-was-found-dead she-was-found-dead found-him-dead",
    "attempted_killing": "shot-at shooting-at-us shot-and-wounded tried-to-kill tire-sur tirent-sur tirent-dessus "
    "blesse-par-balle blessee-par-balle touche-par-balle essaye-de-tuer tente-de-tuer dispararon-a dispararon-contra "
    "le-dispararon les-dispararon nos-dispararon nos-disparan nos-estan-disparando herido-de-bala herida-de-bala "
    "intentaron-matar trataron-de-matar grenade-thrown threw-a-grenade jete-une-grenade lance-une-grenade "
    "lanzaron-una-granada tiraron-una-granada",
    "disappearance": "is-missing are-missing was-missing still-missing went-missing gone-missing not-come-home "
    "didn-t-come-home never-came-home sans-nouvelles-de plus-de-nouvelles-de pas-rentre pas-rentree no-aparece "
    "no-aparecen no-aparecio sin-noticias-de no-volvio-a-casa no-regreso-a-casa no-llego-a-casa hasn-t-come-back "
    "didn-t-come-back not-come-back no-sabemos-nada-de",
    "abduction": "taken-by-force taken-by-armed-men taken-hostage they-took-him men-took-him dragged-him "
    "drove-off-with-him pris-en-otage emmene-de-force emmenee-de-force se-llevaron-a se-lo-llevaron se-la-llevaron "
    "se-los-llevaron levaram-p",
    "arrest": "esta-presa estan-presas sigue-presa siguen-presas fue-presa llevaron-presa encerraron-a in-custody "
    "into-custody taken-by-police taken-by-the-police taken-away-by-police taken-by-soldiers police-took-him "
    "soldiers-took-him police-a-embarque police-a-emmene embarque-par-la-police embarquee-par-la-police "
    "emmene-par-la-police emmenee-par-la-police policia-se-llevo policia-se-lo-llevo policia-se-la-llevo "
    "ejercito-se-llevo soldados-se-llevaron im-gefangnis in-haft",
    "assault": "beat-us beating-us beat-up ete-frappe ont-frappe frappe-par roue-de-coups passe-a-tabac "
    "violence-policiere violences-policieres le-pegaron les-pegaron nos-pegaron me-pegaron pegaron-a "
    "nos-estan-pegando le-estan-pegando a-frappe-p ont-frappe-p",
    "death_threat": "threatened-to-kill threat-to-kill will-kill-us ll-kill-us will-be-killed ll-be-killed "
    "going-to-kill going-to-be-killed want-to-kill wants-to-kill veulent-nous-tuer veulent-me-tuer veulent-le-tuer "
    "vont-nous-tuer vont-me-tuer vont-le-tuer menace-de-tuer menacee-de-tuer menacent-de-tuer amenazaron-con-matar "
    "ameacaram-matar ameacaram-de-morte van-a-matar iban-a-matar quieren-matar te-vamos-a-matar lo-vamos-a-matar "
    "la-vamos-a-matar los-vamos-a-matar vamos-a-matar-a vamos-a-matar-p",
    "threat": "threatening-call threatening-message threatening-letter",
    "surveillance": "following-us follows-us watching-us watching-our watching-the spied-on pictures-of-our "
    "photos-of-our nous-suit nous-suivent me-suit me-suivent sommes-suivi sommes-suivie suis-suivi suis-suivie "
    "est-suivi est-suivie me-siguen me-sigue nos-sigue me-vigilan estan-siguiendo viene-siguiendo vienen-siguiendo "
    "nos-persiguen me-persiguen vigilando-la estan-vigilando me-estan-siguiendo sendo-seguido sendo-seguida "
    "following-him watching-me being-watched are-watched is-watched watched-by watched-our watched-us "
    "car-without-plate carro-sin-placa moto-sin-placa camioneta-sin-placa voiture-sans-plaque",
    "raid": "searched-by-police searched-by-the-police police-searched police-searching police-inside "
    "police-are-inside police-dans-la-maison police-dans-le-bureau policia-adentro polizei-durchsucht invadiu-a-casa "
    "invadiram-a-casa police-in-our-house police-in-our-home police-in-our-office police-are-in-our-house "
    "police-are-in-our-office police-dans-notre-maison police-dans-notre-bureau policia-en-nuestra-casa "
    "policia-en-nuestra-oficina",
    "break_in": "broke-into entraron-a-robar se-metieron-a stole-our nous-a-vole m-a-vole nous-ont-vole",
    "eviction": "evict-us demolishing-our demolished-our",
    "armed_presence": "armed-men armed-man armed-group man-with-gun man-with-a-gun men-with-guns gunman gunmen "
    "paramilitary paramilitaries hommes-armes homme-arme groupe-arme paramilitaire hombres-armados hombre-armado "
    "grupo-armado gente-armada paramilitares encapuchados",
    "combat": "bomb-exploded explosion-nearby explosions-nearby estan-disparando",
    "checkpoint": "surrounded-by-soldier surrounded-by-police nos-rodearon encercles-par",
    "crowd_repression": "reprime-la-marcha reprimen-la-marcha reprimen-la-protesta matraques-sur-la-manif "
    "rubber-bullet balas-de-goma",
    "criminalisation": "p-charged-with was-charged-with been-charged-with falsely-accused summoned-by-prosecutor "
    "summoned-by-the-prosecutor summoned-by-police summoned-by-the-police convoque-par-la-police "
    "convoque-par-le-procureur citado-por-la-fiscalia citada-por-la-fiscalia abrieron-proceso abrieron-un-proceso "
    "accused-of acusado-de acusada-de acusan-de accuse-de accusee-de convoque-au-tribunal convoquee-au-tribunal",
    "immigration": "visa-cancelled visa-canceled visa-revoked must-leave-the-country must-leave-country visa-annule "
    "doit-quitter-le-pays visa-cancelada visa-cancelado debe-salir-del-pais",
    "accident": "car-accident bus-crash moto-crash nos-volcamos se-volco nos-accidentamos",
}
"""How people say it without its name; their words stay, since they tell more.

`p` stands for a person, by code or as whoever it is to the writer (my brother); `him` also for him, her and them, `us`
for all of these and for us and me.
"""

NO_NAMES = (
    "s-arrete s-est-arrete s-est-arretee m-arrete n-arrete arrete-de se-detuvo se-detuvieron "
    "violacion-de-derechos violacion-de-los-derechos violacion-a-los-derechos violacion-de-nuestros-derechos "
    "violacion-del-derecho violacion-de-la-ley viole-le-droit viole-les-droit viole-la-loi viole-nos-droit "
    "they-took-him-home they-took-him-safely they-took-him-to-hospital they-took-him-to-the-hospital "
    "they-took-him-to-the-clinic they-took-him-to-the-doctor police-took-him-home police-took-him-safely "
    "police-took-him-to-hospital police-took-him-to-the-hospital fighting-for-our fighting-for-right "
    "fighting-for-justice he-is-dead-tired she-is-dead-tired p-is-dead-tired accused-of-nothing"
)
"""What sounds like a name and is none: a bus that stops, rights that are violated, a way home."""
EVERYDAY = "presa abattu abattue frappe missing watched"
"""Names that are everyday words too: they count beside the code of a person, or in the form's place."""

PEOPLE = (
    "brother sister mother mom father dad wife husband son daughter child children leader colleague friend comrade "
    "neighbour neighbor woman women people family lawyer student teacher driver hermano hermana madre mama padre papa "
    "esposo esposa hijo hija lider lideresa companero companera amigo amiga vecino vecina mujer senor senora "
    "abogado abogada gente familia frere soeur mere pere femme mari fils fille collegue ami amie voisin voisine "
    "avocat avocate famille irmao irma mae pai marido filho filha companheiro companheira bruder schwester mutter "
    "vater frau mann sohn tochter"
)
"""Who somebody is to the writer, who knows no code."""
THINGS = "power electricity plants crops photo video film movie scene internet signal"
"""What is killed or shot by way of speaking: the storm kills the power, and a film is shot."""
PICTURES = "photo video film movie"
WEATHER = "storm rain heat wind drought"
_OF_THINGS = frozenset(("killed", "killing", "shot", "shoot"))
_ARTICLES = frozenset(("the", "a", "an", "our"))
_GOES_ON = frozenset(("in", "at", "on", "for", "to", "of", "with", "near", "during", "since", "and"))
"""What may follow the thing: of a film crew that was shot nobody speaks so."""
_DENIED = frozenset(
    (
        *("no", "not", "without", "nobody", "nothing", "ni", "sin", "nadie", "nada", "ninguna", "ningun"),
        *("pas", "sans", "aucun", "aucune"),
    )
)
"""Before a type's name: it is what did not happen."""
LITTLE = (
    "was were is are be been being has have had a an the any one yet ete est a ont eu de d des du un une la le les l "
    "una el lo los ser etre se me te nos fue fueron es son ha han he sido habido hay hubo mas"
)
"""What may stand between a denial and the name that it denies."""
_LITTLE = frozenset(LITTLE.split())
OWNERS = (
    "my our your his her their the a mi mis su sus nuestra nuestro el la los las un una mon ma mes notre nos son sa "
    "leur le les une meu minha nosso nossa o mein meine unser"
)
"""What may stand before whoever it is."""
_OWNERS = OWNERS.split()
_OR = frozenset(("or", "nor", "ou", "o", "u", "ni"))
"""Between a name that is denied and the next: that is denied too."""
_LONG_NAME = 9
"""In a name of so many letters or more, one that is missing or in its neighbour's place is forgiven; in a shorter one
it would make names of too many everyday words."""
_PERSON = re.compile(r"p\d{1,3}")
_PLACE_OR_CONSENT = re.compile(r"l\d{1,3}|c[0-3]")


_SOMEBODY = ["p", *(f"{owner}-p" for owner in _OWNERS)]
_MEANT_BY = {"p": _SOMEBODY, "him": [*_SOMEBODY, "him", "her", "them"]}
_MEANT_BY["us"] = [*_MEANT_BY["him"], "us", "me"]


def _heard_names(names: str) -> list[tuple[str, ...]]:
    """Each of the names as it is heard, for everybody whom it may be said of, and one more of it."""
    said = (form for name in names.split() for form in product(*(_MEANT_BY.get(w, (w,)) for w in name.split("-"))))
    return [tuple(map(sound, f"{'-'.join(form)}{more}".split("-"))) for form in said for more in ("", "s")]


def _slips_of(word: str) -> list[str]:
    """What it becomes by such a slip; the first letter stays."""
    missing = [word[:at] + word[at + 1 :] for at in range(1, len(word))]
    return missing + [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]


_NAMES = {name: type for type, names in TYPE_NAMES.items() for name in _heard_names(names)}
_SAID = {name: type for type, names in SAID.items() for name in _heard_names(names)}
_TYPE_OF: dict[tuple[str, ...], str | None] = {**_NAMES, **_SAID, **dict.fromkeys(_heard_names(NO_NAMES))}
_EVERYDAY = frozenset(_heard_names(EVERYDAY))
_WHO_IS_THERE = frozenset(_heard_names(SAID["armed_presence"]))
"""What else is said of them, as grave, is what happened; and they may be who begins that: armed men took P9."""
_WORDS = frozenset(word for name in _TYPE_OF for word in name)
_PEOPLE = frozenset(sound(f"{word}{more}") for word in PEOPLE.split() for more in ("", "s")) - _WORDS
_THINGS = frozenset(sound(f"{word}{more}") for word in THINGS.split() for more in ("", "s"))
_PICTURES, _WEATHER = (frozenset(map(sound, words.split())) for words in (PICTURES, WEATHER))
_NEAR = 2
"""Words on either side."""
_FIRST_WORDS = frozenset(name[0] for name in _TYPE_OF)
_MOST_WORDS = max(map(len, _TYPE_OF))
_LONG = [name for names in TYPE_NAMES.values() for name in names.split() if "-" not in name and len(name) >= _LONG_NAME]
_MEANT = {sound(slip): sound(name) for name in _LONG for slip in _slips_of(sound(name))}


def type_in(words: list[Word], begins: int) -> tuple[str | None, list[Word]]:
    """The type that the words name, and those of them that say nothing else; codes alone stand before `begins`.

    Where the form has it, that type; else the gravest of those that nothing denies.
    """
    named = [(at, name, type) for at, name in _told(words, begins) if (type := _TYPE_OF[name])]
    if not named:
        return None, []
    in_form = (each for each in named if _is_in_form(words, begins, *each[:2]))
    gravest = min(named, key=lambda each: (TYPES[each[2]].severity.rank, each[1] in _WHO_IS_THERE))
    at, name, type = next(in_form, gravest)
    return type, words[at : at + len(name)] if at == begins and name in _NAMES else []


def begins_with_type(words: list[Word]) -> bool:
    """Whether the first of the words begins the name of a type."""
    return _name_at(list(map(_heard, words)), 0) is not None


def _heard(word: Word) -> str:
    if _PERSON.fullmatch(word.plain):
        return "p"
    heard = sound(word.plain)
    return "p" if heard in _PEOPLE else heard if heard in _WORDS else _MEANT.get(heard, heard)


def _name_at(heard: list[str], at: int) -> tuple[str, ...] | None:
    """The name of a type that begins there, the longest one."""
    if heard[at : at + 1] and heard[at] not in _FIRST_WORDS:
        return None
    lengths = range(min(_MOST_WORDS, len(heard) - at), 0, -1)
    return next((name for each in lengths if (name := tuple(heard[at : at + each])) in _TYPE_OF), None)


def _told(words: list[Word], begins: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where names stand that nothing denies, and no part of another: a death threat is no threat besides."""
    heard = list(map(_heard, words))
    end, was_denied = 0, False
    for at in range(len(words)):
        name = _name_at(heard, at) if at >= end else None
        if name is None or (name in _EVERYDAY and not _is_meant(words, heard, begins, at, name)):
            continue
        goes_on = was_denied and at == end + 1 and words[end].plain in _OR
        was_denied = goes_on or _is_denied(words[end : at + 1])
        end = at if name in _WHO_IS_THERE else at + len(name)
        if not was_denied and not (len(name) == 1 and words[at].plain in _OF_THINGS and _is_of_thing(words, heard, at)):
            yield at, name


def _is_of_thing(words: list[Word], heard: list[str], at: int) -> bool:
    """Whether what happens there is done to a thing, in so many words; near a person it never is (A12).

    A false alarm that a coordinator sees is far cheaper than a killing that is not heard.
    """
    if "p" in heard[max(0, at - _NEAR) : at + _NEAR + 1]:
        return False
    before = heard[at - 1] if _is_joined(words, at) else ""
    if words[at].plain == "shoot":
        return before in _PICTURES
    has_article = words[at + 1 : at + 2] and words[at + 1].plain in _ARTICLES
    thing = at + (2 if has_article else 1)
    is_told_so = all(_is_joined(words, place) for place in range(at + 1, thing + 1))
    if _is_joined(words, thing + 1) and words[thing + 1].plain not in _GOES_ON:
        return False
    return is_told_so and heard[thing] in _THINGS and bool(has_article or before in _WEATHER)


def _is_joined(words: list[Word], at: int) -> bool:
    """Whether nothing but a space stands between that word and the one before it."""
    return 0 < at < len(words) and words[at].start - words[at - 1].end == 1


def _is_meant(words: list[Word], heard: list[str], begins: int, at: int, name: tuple[str, ...]) -> bool:
    """Whether an everyday word names a type there."""
    after = at + len(name)
    return "p" in (*heard[max(0, at - 1) : at], *heard[after : after + 1]) or _is_in_form(words, begins, at, name)


def _is_in_form(words: list[Word], begins: int, at: int, name: tuple[str, ...]) -> bool:
    """Whether the type stands where the form has it: before everything but codes, and a place or nothing after it."""
    after = words[at + len(name) :]
    return at == begins and name in _NAMES and (not after or _PLACE_OR_CONSENT.fullmatch(after[0].plain) is not None)


def _is_denied(words: list[Word]) -> bool:
    """Whether the last of the words, which begins a name, is denied by those before it, with no sign between."""
    for word, following in pairwise(reversed(words)):
        if word.start - following.end > 1:
            return False
        if following.plain not in _LITTLE:
            return following.plain in _DENIED
    return False
