"""What the field calls each type of incident, and where a text does (B2): a table of names, heard by ear."""

import re
from collections.abc import Iterator

from alertnet.core.inbound.sms_words import Word, sound

TYPE_NAMES = {
    "killing": "killing killed murder murdered assassinat meurtre tue tuee abattu abattue asesinato asesinado "
    "asesinada asesinaron mataron homicidio",
    "attempted_killing": "armed-attack attempted-killing attempted-murder attempt-on-life shot stabbed attentat "
    "attaque-armee tentative-d-assassinat tentative-de-meurtre poignarde poignardee atentado intento-de-asesinato "
    "tentativa-de-asesinato baleado baleada balearon apunalado apunalada apunalaron",
    "disappearance": "disappearance disappeared missing missing-since missing-person disparition disparu disparue "
    "introuvable desaparicion desaparecido desaparecida desaparecio desaparecieron",
    "abduction": "abduction abducted kidnapping kidnapped enlevement enleve enlevee kidnappe kidnappee secuestro "
    "secuestrado secuestrada secuestraron raptado raptada raptaron",
    "arrest": "arrest arrested detained detention jailed imprisoned arrestation arrete arretee interpelle interpellee "
    "interpellation garde-a-vue incarcere incarceree emprisonne emprisonnee arresto detencion detenido detenida "
    "detuvo detuvieron arrestado arrestada arrestaron capturado capturada capturaron preso presa apresado apresada "
    "apresaron encarcelado encarcelada",
    "assault": "assault assaulted beaten attacked agression agresse agressee tabasse tabassee frappe frappee agresion "
    "agredido agredida agredieron golpeado golpeada golpearon golpiza paliza atacado atacada atacaron",
    "sexual_violence": "sexual-violence sexual-assault serious-assault rape raped sexually-assaulted sexually-abused "
    "sexual-abuse violence-sexuelle agression-sexuelle agression-grave agresse-sexuellement agressee-sexuellement "
    "abus-sexuel viol violee violencia-sexual agresion-sexual agresion-grave abuso-sexual violacion violaron violada "
    "abusaron-sexualmente abusada-sexualmente agredida-sexualmente",
    "torture": "torture tortured mauvais-traitements tortura torturado torturada torturaron malos-tratos",
    "death_threat": "death-threat threatened-with-death menace-de-mort menaces-de-mort menacee-de-mort "
    "menacent-de-mort amenaza-de-muerte amenazas-de-muerte amenazado-de-muerte amenazada-de-muerte "
    "amenazados-de-muerte amenazadas-de-muerte amenazan-de-muerte amenazaron-de-muerte",
    "threat": "threat threatened threatening intimidation intimidated extortion menace menacee menacent extorsion "
    "amenaza amenazado amenazada amenazan amenazaron intimidacion intimidaron",
    "surveillance": "surveillance followed watched filature surveille surveillee on-nous-suit on-nous-surveille "
    "vigilancia seguimiento vigilado vigilada nos-siguen nos-vigilan nos-estan-siguiendo nos-estan-vigilando",
    "digital_attack": "digital-attack hacked hacking spyware phishing attaque-numerique attaque-informatique "
    "cyberattaque piratage pirate piratee ataque-digital ataque-informatico ciberataque hackeo hackeado hackeada "
    "hackearon jaqueo jaqueado jaqueada jaquearon",
    "raid": "raid raided perquisition perquisitionne perquisitionnee allanamiento allanado allanada allanaron cateo "
    "catearon redada",
    "break_in": "break-in burglary burgled broken-into robbery robbed cambriolage cambriole cambriolee robo robaron",
    "eviction": "eviction evicted displacement expulsion expulse expulsee deplacement-force desalojo desalojado "
    "desalojada desalojar desalojaron desplazamiento desplazado desplazada",
    "checkpoint": "checkpoint held-at-checkpoint roadblock road-block barrage bloque-au-barrage bloques-au-barrage "
    "reten detenido-en-reten detenidos-en-reten detenidos-en-un-reten",
    "armed_presence": "armed-presence presence-armee presencia-armada incursion",
    "combat": "combat fighting shooting shots shots-fired warning-shot gunfire crossfire bombing tirs bombardement "
    "combate disparos tiroteo enfrentamiento balacera bombardeo",
    "crowd_repression": "protest-repressed repression tear-gas manif-reprimee manifestation-reprimee gaz-lacrymogene "
    "represion protesta-reprimida gas-lacrimogeno gases-lacrimogenos",
    "criminalisation": "criminalisation criminalization judicial-harassment legal-harassment harcelement-judiciaire "
    "poursuites inculpe inculpee mis-en-examen mise-en-examen criminalizacion judicializado judicializada imputado "
    "imputada",
    "defamation": "defamation smear smear-campaign diffamation difamacion",
    "immigration": "immigration deportation deported expulsion-order avis-d-expulsion expulsion-du-pays "
    "expulse-du-pays expulsee-du-pays orden-de-expulsion deportacion deportado deportada",
    "missed_check_in": "missed-check-in appel-manque appel-de-controle-manque control-perdido "
    "llamada-de-control-sin-respuesta control-sin-respuesta",
    "accident": "accident car-crash accidente",
}
"""What each type is called, a hyphen between words; an s at the end is one more of it."""

SAID = {
    "killing": "shot-dead lo-mato la-mato",
    "attempted_killing": "shot-at shooting-at-us shot-and-wounded tire-sur tirent-sur tirent-dessus blesse-par-balle "
    "blessee-par-balle touche-par-balle dispararon-a dispararon-contra le-dispararon les-dispararon nos-dispararon "
    "nos-disparan nos-estan-disparando herido-de-bala herida-de-bala",
    "disappearance": "not-come-home didn-t-come-home never-came-home sans-nouvelles-de pas-rentre pas-rentree "
    "no-aparece no-aparecen no-aparecio sin-noticias-de no-volvio-a-casa no-regreso-a-casa no-llego-a-casa",
    "abduction": "taken-by-force taken-by-armed-men taken-hostage they-took-p men-took-p pris-en-otage "
    "emmene-de-force emmenee-de-force se-llevaron-a se-lo-llevaron se-la-llevaron se-los-llevaron",
    "arrest": "in-custody into-custody taken-by-police taken-by-the-police taken-away-by-police taken-by-soldiers "
    "police-took-p soldiers-took-p police-a-embarque police-a-emmene embarque-par-la-police embarquee-par-la-police "
    "emmene-par-la-police emmenee-par-la-police policia-se-llevo policia-se-lo-llevo policia-se-la-llevo "
    "ejercito-se-llevo soldados-se-llevaron",
    "assault": "beat-up beat-us beat-p roue-de-coups passe-a-tabac violence-policiere violences-policieres",
    "death_threat": "threatened-to-kill threat-to-kill will-kill going-to-kill want-to-kill wants-to-kill "
    "veulent-nous-tuer veulent-me-tuer veulent-le-tuer vont-nous-tuer vont-me-tuer vont-le-tuer "
    "amenazaron-con-matar van-a-matar quieren-matar",
    "surveillance": "following-us watching-us watching-our watching-the spied-on nous-suit nous-suivent me-suit "
    "me-suivent sommes-suivi sommes-suivie suis-suivi suis-suivie me-siguen me-vigilan estan-siguiendo vigilando-la "
    "estan-vigilando me-estan-siguiendo",
    "break_in": "broke-into entraron-a-robar",
    "eviction": "evict-us",
    "armed_presence": "armed-men armed-man armed-group man-with-gun man-with-a-gun men-with-guns gunman gunmen "
    "paramilitary paramilitaries hommes-armes homme-arme groupe-arme paramilitaire hombres-armados hombre-armado "
    "grupo-armado gente-armada paramilitares encapuchados",
    "criminalisation": "charged-with falsely-accused",
}
"""How people say it without its name, `p` for the code of any person; their words stay, since they tell more."""

_DENIED = frozenset(
    (
        *("no", "not", "without", "nobody", "nothing", "ni", "sin", "nadie", "nada", "ninguna", "ningun"),
        *("pas", "sans", "aucun", "aucune"),
    )
)
"""Before a type's name among other words: then it may be what did not happen."""
_LONG_NAME = 7
"""In a name of so many letters or more, one that is missing or in its neighbour's place is forgiven."""
_PERSON = re.compile(r"p\d{1,3}")


def _heard_names(names: str) -> list[tuple[str, ...]]:
    """Each of the names as it is heard, and one more of it."""
    return [tuple(map(sound, f"{name}{more}".split("-"))) for name in names.split() for more in ("", "s")]


def _slips_of(word: str) -> list[str]:
    """What it becomes by such a slip; the first letter stays."""
    missing = [word[:at] + word[at + 1 :] for at in range(1, len(word))]
    return missing + [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]


_NAMES = {name: type for type, names in TYPE_NAMES.items() for name in _heard_names(names)}
_SAID = {name: type for type, names in SAID.items() for name in _heard_names(names)}
_TYPE_OF = _NAMES | _SAID
_WHO_IS_THERE = frozenset(_heard_names(SAID["armed_presence"]))
"""Whatever else is said of them is what happened."""
_WORDS = frozenset(word for name in _TYPE_OF for word in name)
_FIRST_WORDS = frozenset(name[0] for name in _TYPE_OF)
_MOST_WORDS = max(map(len, _TYPE_OF))
_LONG = [name[0] for name in _NAMES if len(name) == 1 and len(name[0]) >= _LONG_NAME]
_MEANT = {slip: name for name in _LONG for slip in _slips_of(name)}


def type_in(words: list[Word], begins: int) -> tuple[str | None, list[Word]]:
    """The type that the words name, and those of them that say nothing else; codes alone stand before `begins`.

    A name counts where it begins the words, else where no other is named and nothing denies it.
    """
    heard = list(map(_heard, words))
    named = [(at, found) for at in range(begins, len(words)) if (found := _name_at(heard, at))]
    named = [each for each in named if each[1] not in _WHO_IS_THERE] or named
    if not named:
        return None, []
    first, name = named[0]
    if first == begins:
        return _TYPE_OF[name], words[first : first + len(name)] if name in _NAMES else []
    types = {_TYPE_OF[each] for each in _apart(named)}
    is_denied = any(word.plain in _DENIED for word in words[max(0, first - 2) : first])
    return (types.pop() if len(types) == 1 and not is_denied else None), []


def begins_with_type(words: list[Word]) -> bool:
    """Whether the first of the words begins the name of a type."""
    return _name_at(list(map(_heard, words)), 0) is not None


def _heard(word: Word) -> str:
    if _PERSON.fullmatch(word.plain):
        return "p"
    heard = sound(word.plain)
    return heard if heard in _WORDS else _MEANT.get(heard, heard)


def _name_at(heard: list[str], at: int) -> tuple[str, ...] | None:
    """The name of a type that begins there, the longest one."""
    if heard[at : at + 1] and heard[at] not in _FIRST_WORDS:
        return None
    lengths = range(min(_MOST_WORDS, len(heard) - at), 0, -1)
    return next((name for each in lengths if (name := tuple(heard[at : at + each])) in _TYPE_OF), None)


def _apart(named: list[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    """The names that are no part of the one before: a death threat is no threat besides."""
    end = 0
    for at, name in named:
        if at >= end:
            yield name
            end = at + len(name)
