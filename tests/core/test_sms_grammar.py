"""What the field may text and how it is understood: these tables are the manual of the grammar (B4, domain 6)."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path

import pytest
import yaml

from alertnet.core.inbound.contradictions import takes_back
from alertnet.core.inbound.field_report import consent_within
from alertnet.core.inbound.field_words import FIELD_VERBS, PANIC, VERB_OF_WORD, FieldVerb
from alertnet.core.inbound.sms_answers import OPT_OUTS, parse_answers
from alertnet.core.inbound.sms_grammar import Report, codes_in, parse_report
from alertnet.core.inbound.sms_words import words_of
from alertnet.core.inbound.type_names import NAMES, type_in
from alertnet.core.incident import TYPES, Scope
from tests.support.rows import in_long

MESSAGE_TEMPLATES = Path(__file__).parents[2] / "message_templates"

REPORTS = [
    # Panic, with nothing but the phone to prove who it is.
    ("SOS", Report(True)),
    ("sos!!!", Report(True)),
    ("S.O.S.", Report(True)),
    ("S O S", Report(True)),
    ("Help", Report(True)),
    ("HELP nos pararon", Report(True, text="nos pararon")),
    ("SOS L12 hay soldados", Report(True, place="L12", text="hay soldados")),
    ("sos 47110 20", Report(True, pin="47110", type="arrest")),
    # Whatever language the phone's owner cries for help in.
    *((word, Report(True)) for word in ("AYUDA", "ayúdame", "Auxilio!", "AIDE", "aidez", "Secours", "URGENCE")),
    *((word, Report(True)) for word in ("EMERGENCY", "emergencia", "Hilfe", "NOTFALL", "Ajuda", "socorro")),
    *((word, Report(False)) for word in ("ALARMA", "alarme", "Alarm")),
    # However it is asked for, and with a slip; nobody in danger begins with the verb.
    *(
        (text, Report(True))
        for text in ("we need help", "Please help!", "pls help", "por favor ayúdenos", "bitte Hilfe")
    ),
    *(
        (text, Report(True))
        for text in ("necesito ayuda", "Por favor, necesitamos auxilio", "pedimos ayuda", "au secour")
    ),
    *(
        (text, Report(True))
        for text in ("nesecito alluda", "On a besoin d'aide", "svp aidez", "s'il vous plaît, à l'aide", "so s", "S OS")
    ),
    *((text, Report(True)) for text in ("A LAIDE", "à laide!!", "ausecours")),
    *(
        (text, Report(True))
        for text in ("helpme", "HELPUS", "Me ajude", "precisamos de ajuda", "wir brauchen Hilfe", "brauche hilfe")
    ),
    # Drawn out, by its sign, and asking that it be sent.
    *((text, Report(True)) for text in ("ayudaaaa", "HEEELP", "auxiliooo!!", "🆘", "send help", "manden ayuda")),
    *(
        (text, Report(True, "47110", place="L12"))
        for text in ("🆘 47110 L12", "🆘47110 L12", "pls send help 47110 L12")
    ),
    *((text, Report(True)) for text in ("peligro!!", "we r in danger", "estamos em perigo", "on est en danger")),
    *((text, Report(True, "47110", place="L12")) for text in ("en peligro L12 47110", "47110 we are in danger L12")),
    # Behind a greeting, a mark of forwarded or divided texts, or a place.
    *((text, Report(True)) for text in ("hola SOS", "RE: SOS", "Fwd: ayuda!", "Urgent: help!", "bonjour, au secours")),
    ("(1/2) SOS nos detuvieron", Report(True, type="arrest", text="nos detuvieron")),
    ("Hola, necesitamos ayuda en L12", Report(True, place="L12", text="en L12")),
    ("L12 SOS P7", Report(True, place="L12", people=("P7",))),
    ("hola SOS 47110 20", Report(True, "47110", type="arrest")),
    ("hola 47110 SOS L12", Report(True, "47110", place="L12")),
    ("L12 47110 P7 SOS", Report(True, "47110", place="L12", people=("P7",))),
    ("P7 danger", Report(True, people=("P7",))),
    # Without a space.
    *((text, Report(True, "47110", place="L12")) for text in ("SOS47110L12", "ayuda47110L12")),
    ("SOS47110P7", Report(True, "47110", people=("P7",))),
    ("ALERTA47110L12P7", Report(False, "47110", place="L12", people=("P7",))),
    ("LLEGADA47110L12", Report(False, "47110", place="L12", verb=FieldVerb.ARRIVE)),
    ("SOSL12", Report(True, place="L12")),
    ("SOSP7 detenida", Report(True, people=("P7",), type="arrest")),
    ("SOS4711020", Report(True, text="4711020")),
    ("ALERTA 47110L12 20", Report(False, "47110", type="arrest", place="L12")),
    ("llegada 47110L12P7", Report(False, "47110", place="L12", people=("P7",), verb=FieldVerb.ARRIVE)),
    ("ALERTA 47110L1234", Report(False, text="47110L1234")),
    ("me ajudem por favor", Report(True, text="por favor")),
    ("necesitamos ayuda 47110 20 L12", Report(True, "47110", "arrest", "L12")),
    ("47110 we need help, they took P7", Report(True, "47110", "abduction", people=("P7",), text="they took P7")),
    # The word that raises it stands anywhere, with the PIN right after it.
    ("P9 detenido SOS 47110", Report(True, "47110", "arrest", people=("P9",))),
    ("URGENT 47110 P9 arrested", Report(False, "47110", "arrest", people=("P9",))),
    ("AYUDA47110 20 nos pararon", Report(True, "47110", "arrest", text="nos pararon")),
    # One slip is forgiven: a letter that is wrong, missing, doubled or in its neighbour's place.
    *((word, Report(True)) for word in ("S0S", "sooos", "ayudda", "ayuad", "axilio", "emergancy", "socoro", "hlep")),
    *((word, Report(False)) for word in ("ALRETA", "allerta", "alarna", "aletr")),
    ("alreta47110 20", Report(False, "47110", "arrest")),
    # PIN and type alone, in either order.
    ("47110 20", Report(False, "47110", "arrest")),
    ("20 47110 P7 nos pararon", Report(False, "47110", "arrest", people=("P7",), text="nos pararon")),
    ("no ignoren mi SOS 47110", Report(True, "47110", text="no ignoren mi SOS")),
    ("don't cancel the alarm 47110", Report(False, "47110", text="don't cancel the alarm")),
    ("they ignored the alert 47110 come", Report(False, "47110", text="they ignored the alert come")),
    ("ARREST 47110 P7", Report(False, "47110", "arrest", people=("P7",))),
    ("detención, 47110 L12", Report(False, "47110", "arrest", "L12")),
    ("menace de mort 47110", Report(False, "47110", "death_threat")),
    ("raid 47110 they break the door", Report(False, "47110", "raid", text="raid they break the door")),
    # The PIN before the word.
    *((text, Report(True, "47110", text="they came")) for text in ("47110 SOS they came", "47110 S.O.S. they came")),
    ("47110 ALERTA 20 L12", Report(False, "47110", "arrest", "L12")),
    # The whole form, however it is separated.
    (
        "ALERTA 47110 20 L12 P7 C2 nos pararon",
        Report(False, "47110", "arrest", "L12", ("P7",), Scope.INTERNATIONAL, "nos pararon"),
    ),
    (
        "alert,47110;20/L12.p7\nc2",
        Report(False, "47110", "arrest", "L12", ("P7",), Scope.INTERNATIONAL),
    ),
    ("Alerte 471102 13", Report(False, "471102", "abduction")),
    ("ALERT47110 20", Report(False, "47110", "arrest")),
    ("ＡＬＥＲＴＡ ٤٧١١٠ ٢٠", Report(False, "47110", "arrest")),
    # Any order after the verb; codes are found in the free text too.
    ("ALERT P7 L12 20 47110", Report(False, "47110", "arrest", "L12", ("P7",))),
    ("ALERT 47110 20 P7 P9 P7", Report(False, "47110", "arrest", people=("P7", "P9"))),
    (
        "ALERTA 47110 desaparición de P3 en L7 desde anoche",
        Report(False, "47110", "disappearance", "L7", ("P3",), text="desaparición de P3 en L7 desde anoche"),
    ),
    # Consent is never read wider than it was said.
    ("ALERT 47110 20 C2 C0", Report(False, "47110", "arrest", consent=Scope.INTERNAL)),
    ("ALERT 47110 20 detenidos, C1", Report(False, "47110", "arrest", consent=Scope.NATIONAL, text="detenidos, C1")),
    # What is missing or can't be read is kept.
    *((word, Report(False, verb=verb)) for word, verb in (("NEWS", FieldVerb.UPDATE), ("FALSA", FieldVerb.WITHDRAW))),
    ("ALERT", Report(False)),
    ("ALERT 20", Report(False, None, "arrest")),
    ("ALERT 47110", Report(False, "47110")),
    ("ALERT 47110 77 L12", Report(False, "47110", None, "L12", text="77 L12")),
    ("ALERT 4711 20", Report(False, None, "arrest", text="4711 20")),
    ("ALERTA 47110 son 20 hombres", Report(False, "47110", text="son 20 hombres")),
    # A PIN never stays in the text that others may read.
    ("ALERTA nos pararon 47110 en el puente", Report(False, "47110", text="nos pararon en el puente")),
    ("ALERTA 77 47110 nos pararon", Report(False, "47110", text="77 nos pararon")),
    # Other separators, quotes, spaces and digits; codes that are written together, or apart.
    ("“ALERTA” ‘47110’ «20» L12…", Report(False, "47110", "arrest", "L12")),
    ("ALERTA\u00a047110\u202f20\u2009L12", Report(False, "47110", "arrest", "L12")),
    ("alerta_47110_20_L12_P7", Report(False, "47110", "arrest", "L12", ("P7",))),
    ("ALERTE;;47110--20 L12P7C1", Report(False, "47110", "arrest", "L12", ("P7",), Scope.NATIONAL)),
    ("ALERT 47110 20 L-12 P#7 P.9 C-2", Report(False, "47110", "arrest", "L12", ("P7", "P9"), Scope.INTERNATIONAL)),
    ("ａｌｅｒｔ ４７１１０ ２０ Ｌ１２ Ｐ７", Report(False, "47110", "arrest", "L12", ("P7",))),
    ("ALERT 47110 20 l 12 p 7", Report(False, "47110", "arrest", "L12", ("P7",))),
    ("ALERT 47110 20L12P7C2", Report(False, "47110", "arrest", "L12", ("P7",), Scope.INTERNATIONAL)),
    ("ALERT 47110 20L12", Report(False, "47110", "arrest", "L12")),
    ("ALERT 47l10 20", Report(False, "47110", "arrest")),
    # A `c` apart from its digit may be a word: consent is never read into one.
    ("ALERTE 47110 20 c 3 hommes", Report(False, "47110", "arrest", text="c 3 hommes")),
    ("alerta ۴۷۱۱۰ ۱۳ L۱۲", Report(False, "47110", "abduction", "L12")),
    ("\u200fALERTA\u200e 47110 13", Report(False, "47110", "abduction")),
    # A PIN as people write numbers; figures that stand apart are none.
    *(
        (f"ALERT {pin} 20 L12", Report(False, "47110", "arrest", "L12"))
        for pin in ("4 7 1 1 0", "47.110", "471-10", "4.7.1.1.0", "47,110", "47 110", "47\u202f110")
    ),
    ("S O S 4 7 1 1 0 L12", Report(True, "47110", None, "L12")),
    ("GO L12 18.30-19.00", Report(False, None, None, "L12", text="18.30-19.00", verb=FieldVerb.DEPART)),
    ("ALERTA 27.04.26 20 L12", Report(False, None, "arrest", "L12", text="27.04.26 20 L12")),
    ("ALERT 20 300 men", Report(False, None, "arrest", text="300 men")),
    # The type by its name: alone it is no words besides, else it is left where it can be read.
    ("ALERT 47110 arrest", Report(False, "47110", "arrest")),
    ("ALERTE 47110 Enlèvement, L12 P7", Report(False, "47110", "abduction", "L12", ("P7",))),
    ("ALERTA 47110 L12 amenazas de muerte", Report(False, "47110", "death_threat", "L12")),
    ("ALERTA 47110 DETENCION de P7", Report(False, "47110", "arrest", people=("P7",), text="DETENCION de P7")),
    (
        "ALERT 47110 death threats to P9",
        Report(False, "47110", "death_threat", None, ("P9",), text="death threats to P9"),
    ),
    ("SOS secuestro", Report(True, type="abduction")),
    ("47110 perquisition L3", Report(False, "47110", "raid", "L3")),
    ("ALERT 47110 break-in at L3", Report(False, "47110", "break_in", "L3", text="break-in at L3")),
    # A number goes before a name; a name among the words counts unless a graver one does.
    ("ALERT 47110 31 after the arrest", Report(False, "47110", "threat", text="after the arrest")),
    (
        "ALERTE 47110 P7 victime d’une arrestation",
        Report(False, "47110", "arrest", people=("P7",), text="victime d’une arrestation"),
    ),
    ("ALERTA 47110 hubo un allanamiento", Report(False, "47110", "raid", text="hubo un allanamiento")),
    ("ALERT 47110 a raid and an arrest", Report(False, "47110", "arrest", text="a raid and an arrest")),
    # What it is called in the words that people have for it, one that is graver than a part of it included.
    ("ALERTA 47110 agresión sexual L3", Report(False, "47110", "sexual_violence", "L3")),
    ("ALERTA 47110 asesinaron a P9", Report(False, "47110", "killing", people=("P9",), text="asesinaron a P9")),
    ("ALERTE 47110 tué L1", Report(False, "47110", "killing", "L1")),
    ("ALERTE 47110 agressé P7", Report(False, "47110", "assault", people=("P7",))),
    ("ALERTA 47110 nos vigilan L12", Report(False, "47110", "surveillance", "L12")),
    ("ALERTE 47110 manifestation réprimée L10", Report(False, "47110", "crowd_repression", "L10")),
    (
        "ALERTA 47110 P3 desapareció ayer",
        Report(False, "47110", "disappearance", None, ("P3",), text="desapareció ayer"),
    ),
    ("ALERT 47110 road block L9", Report(False, "47110", "checkpoint", "L9")),
    ("ALERTA 47110 nos están siguiendo L3", Report(False, "47110", "surveillance", "L3")),
    # By ear: s, c and z are one, and so are b and v, one letter and two; a type is never made of a word that says else.
    *((f"ALERTA 47110 {word}", Report(False, "47110", "threat")) for word in ("amenasa", "amenasas")),
    *((f"ALERTA 47110 {word}", Report(False, "47110", "arrest")) for word in ("detensión", "arestation", "arested")),
    ("ALERTA 47110 agrecion P7", Report(False, "47110", "assault", people=("P7",))),
    ("ALERT 47110 dissapearance", Report(False, "47110", "disappearance")),
    ("ALERT 47110 violation of L3", Report(False, "47110", place="L3", text="violation of L3")),
    ("ALERT 47110 shouting outside", Report(False, "47110", text="shouting outside")),
    *((f"{word} 47110", Report(True, "47110")) for word in ("Ayúdenos", "AYUDANOS")),
    # What is asked is not hacked, and what nobody suffered is no type.
    ("ALERT 47110 they asked for P9", Report(False, "47110", people=("P9",), text="they asked for P9")),
    ("ALERT 47110 nobody was arrested", Report(False, "47110", text="nobody was arrested")),
    # In a long name a letter may be missing, or in its neighbour's place.
    *((f"ALERTA 47110 {word}", Report(False, "47110", "arrest")) for word in ("detencio", "detencino", "arestaton")),
    # Who is there says the type where nothing else does.
    ("ALERTE 47110 hommes armés L30", Report(False, "47110", "armed_presence", "L30", text="hommes armés L30")),
    (
        "ALERTA 47110 hombres armados mataron a P9",
        Report(False, "47110", "killing", None, ("P9",), text="hombres armados mataron a P9"),
    ),
    # As a form has it, and a letter for the digit that it looks like.
    ("ALERT PIN 47110 type 20 place L12 people P7", Report(False, "47110", "arrest", "L12", ("P7",))),
    ("alerta 4711O 20 L12", Report(False, "47110", "arrest", "L12")),
    ("ALERT 4711O l2", Report(False, "47110", None, "L2")),
    # In Portuguese a tombo is a fall, in the streets of Colombia tombos are the police.
    ("ALERTA 47110 P9 levou um tombo", Report(False, "47110", None, None, ("P9",), text="levou um tombo")),
    # A cry of several words.
    ("Au secours !", Report(True)),
    ("SOSSOS 47110", Report(True, "47110")),
    ("à l’aide 47110 20", Report(True, "47110", "arrest")),
    ("ALERTA 47110 sin detención", Report(False, "47110", text="sin detención")),
    ("ALERTE 47110 il n'y a pas d'arrestation", Report(False, "47110", text="il n'y a pas d'arrestation")),
]

SENTENCES = [
    ("P9 shot at the bridge", "attempted_killing"),
    ("P9 was shot dead", "killing"),
    ("we heard shots", "combat"),
    ("they are shooting at us", "attempted_killing"),
    ("on a tiré sur P9", "attempted_killing"),
    ("P9 blessé par balle", "attempted_killing"),
    ("le dispararon a P9", "attempted_killing"),
    ("attempted murder of P9", "attempted_killing"),
    ("P9 did not come home last night", "disappearance"),
    ("P9 is missing", "disappearance"),
    ("sans nouvelles de P9", "disappearance"),
    ("P9 n’est pas rentrée", "disappearance"),
    ("no aparece P9", "disappearance"),
    ("se llevaron a P9", "abduction"),
    ("a P9 se lo llevaron", "abduction"),
    ("they took P9 in a white car", "abduction"),
    ("armed men took P9", "abduction"),
    ("police took P7 and P9 away", "arrest"),
    ("la tomba esta cogiendo gente en la marcha", "arrest"),
    ("los tombos se yevaron a P5", "arrest"),
    ("a policia pegou P20", "arrest"),
    ("el esmad nos gaseo en la plaza", "crowd_repression"),
    ("kettled by riot police", "crowd_repression"),
    ("la policía se llevó a P7", "arrest"),
    ("la police a embarqué P7", "arrest"),
    ("P7 en garde à vue", "arrest"),
    ("P7 sigue preso", "arrest"),
    ("they beat P9", "assault"),
    ("P9 tabassé par des soldats", "assault"),
    ("P9 got a letter saying they will kill him", "death_threat"),
    ("amenazaron de muerte a P9", "death_threat"),
    ("vont nous tuer", "death_threat"),
    ("men watching our house", "surveillance"),
    ("nous sommes suivis", "surveillance"),
    ("hay gente vigilando la casa", "surveillance"),
    ("hackearon el correo", "digital_attack"),
    ("compte piraté", "digital_attack"),
    ("entraron a robar", "break_in"),
    ("le bureau a été cambriolé", "break_in"),
    ("they came to evict us", "eviction"),
    *((text, "surveillance") for text in ("estão nos seguindo", "seguem-nos desde L3")),
    *((text, "disappearance") for text in ("P7 desapareceu ontem", "duas pessoas desapareceram")),
    *((text, "arrest") for text in ("detiveram P7 ontem", "a polícia deteve P7")),
    *(("ameaçaram P7 ontem", "threat"), ("tiroteio em L3", "combat")),
    *(("Hausdurchsuchung bei P7", "raid"), ("Räumung in L3 heute", "eviction")),
    ("a man with a gun outside", "armed_presence"),
    ("paramilitares en L30", "armed_presence"),
    ("police fired tear gas at the march", "crowd_repression"),
    ("P9 charged with terrorism", "criminalisation"),
    # Of several the gravest, wherever it stands, and the first of those as grave.
    ("fue detenido y golpeado", "arrest"),
    ("P9 tabassé et violée", "sexual_violence"),
    ("P9 beaten, P7 killed", "killing"),
    ("robbers shot P9, he is killed", "attempted_killing"),
    ("P7 was kidnapped, still missing", "abduction"),
    ("armed men threatened us", "armed_presence"),
    ("hombres armados golpearon a P9", "assault"),
    # What the form's place says stays, whatever the words tell.
    ("threat L12 they say they killed him", "threat"),
    # Each name is denied by itself, by what stands right before it.
    ("nadie responde mataron a P9", "killing"),
    ("nothing left, raided", "raid"),
    ("no! mataron a P9", "killing"),
    ("no hay detenidos, mataron a P9", "killing"),
    ("aucun arrêté, deux tués", "killing"),
    # Everyday words, where they are none.
    ("P7 está presa", "arrest"),
    ("P9 abattu par la police", "killing"),
    ("my son is missing", "disappearance"),
    ("they took P9 into the forest", "abduction"),
    ("violación de una niña", "sexual_violence"),
    # Whoever it is to the writer, who knows no code; and what is said of them by a small word.
    ("mi hermana presa en L3", "arrest"),
    ("they took P9 home and beat him", "assault"),
    ("soldiers took my daughter", "arrest"),
    ("on a frappé ma soeur", "assault"),
    ("they are beating us", "assault"),
    ("he is dead they shot him", "killing"),
    ("found the body of my brother", "killing"),
    ("encerraron a P9 en el batallon", "arrest"),
    ("la policía retuvo a P7 en el retén de L12", "checkpoint"),
    # No everyday word near it takes back what was done to somebody.
    *((text, "killing") for text in ("P9 killed, battery low", "P9 killed power is out", "murdered. time 1500")),
    *((text, "killing") for text in ("P9 and brother killed time 1500", "en la reunion mataron a dos campesinos")),
    *(
        (text, "killing")
        for text in ("durante la reunión mataron a 3", "sin luz mataron a dos", "P9 tué, batterie faible")
    ),
    *(
        (text, "killing")
        for text in ("con la lluvia mataron al lider", "reunion asesinaron a dos", "foto: asesinado P9")
    ),
    *((text, "killing") for text in ("no signal. killed 2 men at L5", "after the meeting killed two men")),
    *(
        (text, "killing")
        for text in ("they cut internet killed three", "sous la pluie tué deux hommes", "killed the leader")
    ),
    *((text, "killing") for text in ("P9 asesinado, bateria baja", "the storm killed P9", "killed. the power is out")),
    *((text, "torture") for text in ("P9 torturado, la luz se fue", "power off. tortured him", "video tortured P9")),
    *((text, "attempted_killing") for text in ("P9 shot, signal lost", "signal lost shot 2 people", "photo shot P9")),
    ("no signal shoot two men", "attempted_killing"),
    ("watched by men on motorbikes", "surveillance"),
    ("mataron a Luz", "killing"),
    ("they killed the film crew", "killing"),
    ("P9 was found dead", "killing"),
    ("te vamos a matar", "death_threat"),
    # What is meant to happen is a threat, what was tried an attempt.
    ("P9 got a letter saying he will be killed", "death_threat"),
    ("le dijeron que lo iban a matar", "death_threat"),
    ("on menace de tuer P9", "death_threat"),
    ("intentaron matar a P9", "attempted_killing"),
    ("intentaron asesinar a P9", "attempted_killing"),
    ("van a asesinar a P9", "death_threat"),
    ("veulent l'assassiner", "death_threat"),
    ("they threatened to murder P9", "death_threat"),
    ("tentaram matar o companheiro", "attempted_killing"),
    # A letter that is missing between two alike.
    ("secuestrron a P9", "abduction"),
    # In the words of those who cry for help in theirs.
    ("P9 wurde verhaftet", "arrest"),
    ("mataram o companheiro", "killing"),
    ("P9 wurde entführt", "abduction"),
    ("P9 foi espancada", "assault"),
]
"""How people tell it: the type is understood, and their words stay as they are."""

NO_ALARMS = [
    *(
        "les élèves sont en danger",
        "elle a vu des tortues",
        "volaron los pájaros",
        "hay un vallado nuevo",
        "una balada",
    ),
    *("el deporte", "la goleada", "she treats the wounded", "he watches", "la matrone"),
    *(
        "protesta contra la presa",
        "la presa L3 se rompió",
        "se despejó la vía",
        "ils ont abattu des arbres",
        "on frappe à la porte",
    ),
    *("the report has missing pages", "the frost will kill the crops", "phone charged with solar"),
    *("they took P9 to hospital", "police took P7 home safely", "le bus s'arrête à L3", "el carro se detuvo"),
    *("violación de los derechos humanos", "no one was killed", "nobody was arrested or killed"),
    *("nadie ha sido detenido", "without any arrests yet", "ni muertos ni detenidos"),
    # What is done to a thing, in so many words, is done to nobody.
    *("photo shoot tomorrow", "we shot a video", "the storm killed power in L5", "they killed the electricity"),
    *("mon téléphone est mort", "fighting for our rights", "they took my sister home", "we watched a film"),
    *("found dead dog", "he is dead tired", "vamos a matar un pollo", "cocina con gas", "missing my family a lot"),
    *("I am missing my mother", "missing, don't worry P9 came", "stole my heart", "accused of nothing"),
    *("la policia en nuestra vereda nos ayuda", "police in our meeting helped"),
]
"""Everyday words that sound like a type, and types that are denied."""

UPDATE, CHECK_IN, DEPART, ARRIVE, EXTEND, WITHDRAW, LOW, TEST, LANGUAGE = list(FieldVerb)[1:]

OTHER_VERBS = [
    # News of what is open.
    ("NEWS 47110 they were freed", Report(False, "47110", text="they were freed", verb=UPDATE)),
    ("NOUV 47110 20 L13", Report(False, "47110", "arrest", "L13", verb=UPDATE)),
    ("Nueva: los trasladan a L14", Report(False, place="L14", text="los trasladan a L14", verb=UPDATE)),
    ("nouvelles A-7K3M ils sont libres", Report(False, text="ils sont libres", verb=UPDATE, ref="A-7K3M")),
    ("noticias 47110 libres", Report(False, "47110", text="libres", verb=UPDATE)),
    ("new 47110 freed", Report(False, "47110", text="freed", verb=UPDATE)),
    ("novedad 47110 libres", Report(False, "47110", text="libres", verb=UPDATE)),
    ("NUEAV 47110 todos bien", Report(False, "47110", text="todos bien", verb=UPDATE)),
    # Under way: all is well, gone, arrived, later than was said.
    ("OK 47110", Report(False, "47110", verb=CHECK_IN)),
    *((f"{said} 47110", Report(False, "47110", verb=CHECK_IN)) for said in ("CHECK-IN", "checkin", "checking in")),
    ("Bien, 47110. L12", Report(False, "47110", None, "L12", verb=CHECK_IN)),
    *((f"{words} 47110", Report(False, "47110", verb=CHECK_IN)) for words in ("Todo bien", "tout va bien", "All OK")),
    ("OK 47.110", Report(False, "47110", verb=CHECK_IN)),
    *((f"OK {pin}", Report(False, "47110", verb=CHECK_IN)) for pin in ("47,110", "47 110", "47\u00a0110.")),
    ("SOS 47 110 nos llevan", Report(True, "47110", text="nos llevan")),
    ("OK 20 300", Report(False, "20300", verb=CHECK_IN)),
    ("ALERTA 31,150 personas", Report(False, None, "threat", text="150 personas")),
    ("ok llamo al 300 555 0101", Report(False, text="llamo al 300 555 0101", verb=CHECK_IN)),
    ("SOS llamar 310 555 12 34", Report(True, text="llamar 310 555 12 34")),
    ("SOS llamar 079 123 45 67", Report(True, text="llamar 079 123 45 67")),
    ("SOS 47 110 20 P7", Report(True, "47110", "arrest", people=("P7",))),
    ("OK 4 7 1 1 0", Report(False, "47110", verb=CHECK_IN)),
    ("GO 47110 L12", Report(False, "47110", None, "L12", verb=DEPART)),
    ("Salimos 47110 L12", Report(False, "47110", None, "L12", verb=DEPART)),
    *((f"{words} 47110", Report(False, "47110", verb=CHECK_IN)) for words in ("O.K.", "safe", "okey")),
    ("departure 47110", Report(False, "47110", verb=DEPART)),
    ("llegué 47110", Report(False, "47110", verb=ARRIVE)),
    ("Départ 47110", Report(False, "47110", verb=DEPART)),
    ("salida47110", Report(False, "47110", verb=DEPART)),
    ("ARR 47110", Report(False, "47110", verb=ARRIVE)),
    ("Okay 47110", Report(False, "47110", verb=CHECK_IN)),
    ("Bien arrivés 47110 L9", Report(False, "47110", None, "L9", verb=ARRIVE)),
    ("Ya llegamos 47110", Report(False, "47110", verb=ARRIVE)),
    ("Arrivé 47110 L9", Report(False, "47110", None, "L9", verb=ARRIVE)),
    ("LLEGDAA 47110", Report(False, "47110", verb=ARRIVE)),
    ("WAIT 47110 2H", Report(False, "47110", verb=EXTEND, longer=timedelta(hours=2))),
    ("attends 47110 2h", Report(False, "47110", verb=EXTEND, longer=timedelta(hours=2))),
    ("Retraso 47110 2 h", Report(False, "47110", verb=EXTEND, longer=timedelta(hours=2))),
    ("We have arrived 47110", Report(False, "47110", verb=ARRIVE)),
    ("all good 47110", Report(False, "47110", verb=CHECK_IN)),
    ("DELAYED 47110 2H", Report(False, "47110", verb=EXTEND, longer=timedelta(hours=2))),
    ("En camino 47110 L12", Report(False, "47110", None, "L12", verb=DEPART)),
    ("on our way 47110 L12", Report(False, "47110", None, "L12", verb=DEPART)),
    ("Attente 47110 90 min", Report(False, "47110", verb=EXTEND, longer=timedelta(minutes=90))),
    ("ESPERA 2 horas 47110 lluvia", Report(False, "47110", text="lluvia", verb=EXTEND, longer=timedelta(hours=2))),
    ("wait 47110 1h30", Report(False, "47110", verb=EXTEND, longer=timedelta(minutes=90))),
    ("WAIT 47110", Report(False, "47110", verb=EXTEND)),
    # Until a time of day is not for that long.
    *(
        (f"WAIT 47110 {until}", Report(False, "47110", text=until, verb=EXTEND))
        for until in ("until 18h", "hasta las 18h30", "jusqu'à 18h")
    ),
    *(
        (f"WAIT 47110 {span}", Report(False, "47110", verb=EXTEND, longer=timedelta(minutes=90)))
        for span in ("1h 30", "1 h 30", "1h30m", "1h 30min", "1 heure et 30 min", "1.5h", "1,5 horas", "90mn")
    ),
    # Of a number that can't be read nothing is known; least of all that its last digits are all of it.
    *((f"WAIT 47110 {span}", Report(False, "47110", text=span, verb=EXTEND)) for span in ("2-3 h", "2/3h", "1 1/2 h")),
    ("WAIT 2H 12 hombres", Report(False, text="12 hombres", verb=EXTEND, longer=timedelta(hours=2))),
    # A false alarm, of the last one or of one by its reference.
    ("FALSE 47110", Report(False, "47110", verb=WITHDRAW)),
    ("Fausse 47110 A-7K3M", Report(False, "47110", verb=WITHDRAW, ref="A-7K3M")),
    ("falsa a7k3m 47110 ya estamos", Report(False, "47110", text="ya estamos", verb=WITHDRAW, ref="A-7K3M")),
    ("FALSE A 7K3M 47110", Report(False, "47110", verb=WITHDRAW, ref="A-7K3M")),
    ("FALSA 47110 a casa", Report(False, "47110", text="a casa", verb=WITHDRAW)),
    # In German and Portuguese.
    *((f"{said} 47110", Report(False, "47110", verb=CHECK_IN)) for said in ("Gut", "Alles gut", "Tudo bem", "Bem")),
    *(
        (f"{said} 47110", Report(False, "47110", verb=ARRIVE))
        for said in ("ANGEKOMMEN", "angekomen", "Wir sind angekommen", "CHEGUEI", "Já chegamos", "Chegada")
    ),
    ("Abfahrt 47110 L12 18 Uhr", Report(False, "47110", place="L12", text="18 Uhr", verb=DEPART)),
    ("Partida 47110 L12 18:00", Report(False, "47110", place="L12", text="18:00", verb=DEPART)),
    ("WARTEN 47110 2 Stunden", Report(False, "47110", verb=EXTEND, longer=timedelta(hours=2))),
    ("Verspätung 47110 1 Std 30", Report(False, "47110", verb=EXTEND, longer=timedelta(minutes=90))),
    ("WARTEN 47110 bis 18 Uhr", Report(False, "47110", text="bis 18 Uhr", verb=EXTEND)),
    ("Atraso 47110 1 hora e 30 min", Report(False, "47110", verb=EXTEND, longer=timedelta(minutes=90))),
    ("FEHLALARM 47110 A-7K3M", Report(False, "47110", verb=WITHDRAW, ref="A-7K3M")),
    *(
        (f"{said} 47110 A-7K3M", Report(False, "47110", verb=WITHDRAW, ref="A-7K3M"))
        for said in ("Falso", "Falso alarme")
    ),
    ("Neues 47110 wieder frei", Report(False, "47110", text="wieder frei", verb=UPDATE)),
    ("Sprache 47110 DE", Report(False, "47110", verb=LANGUAGE, language="de")),
    *((word, Report(False, verb=LOW)) for word in ("Akku leer", "Akku schwach", "Bateria fraca", "sem bateria")),
    # The telephone itself.
    *(
        (word, Report(False, verb=LOW))
        for word in (
            *("LOW", "baja", "Faible", "low battery", "Batería baja", "BATTERIE FAIBLE"),
            *("low bat", "sin batería", "poca bateria", "plus de batterie"),
        )
    ),
    *((word, Report(False, verb=TEST)) for word in ("TEST", "Essai", "PRUEBA")),
    ("LANG FR", Report(False, verb=LANGUAGE, language="fr")),
    ("idioma: Español", Report(False, verb=LANGUAGE, language="es")),
    ("language 47110 fr", Report(False, "47110", verb=LANGUAGE, language="fr")),
    ("langue XX", Report(False, text="XX", verb=LANGUAGE)),
]


NO_REPORTS = [
    # A slip that makes another word of it, or two slips, is not forgiven.
    *("Aida llegó", "held up at the bridge", "alter ego", "later", "so we go", "hola", "ale", "ayer nada", "side road"),
    # Who says that none is needed, or tells of it, cries for none.
    *("no necesito ayuda", "we don't need help", "on n'a pas besoin d'aide", "ich brauche keine Hilfe"),
    *("we help P9 with papers", "por favor llámenme", "need a car", "a las 6", "so so"),
    *("Helps a lot, thanks", "Bitte notfalls anrufen", "Notfalls gehen wir zu Fuss", "Allada, tout va bien"),
    # A verb that raises nothing is one as it is written, or by a PIN: other words begin like it.
    *(
        "nuevo jefe",
        "esperq un momento",
        "tset",
        "la prueba",
        "espero que si",
        "salido",
        "batería nueva",
        "new car",
        # They have arrived, and others: the police.
        *("Falso retén en la vía, hombres armados", "falso policial"),
        *("chegou a policia", "gutes neues Jahr", "chegaram eles"),
        "safe house",
    ),
    # A number alone is no report; nor is a PIN with what is no type, or a type with what is no PIN.
    *("urgent call me", "they wrote SOS on the wall of 4711"),
    *("hola, sos Ana?", "hola sos vos?", "re: help desk?"),
    *("Hallo Hilde, alles gut", "Hola Aidee, ya llegamos"),
    *("please cancel my alarm 47110", "ignore my sos 47110", "por favor anulen la alarma 47110", "olviden el SOS"),
    *("no arrest 47110", "after the raid 47110", "incidents? 47110", "photos of the arrest 47110"),
    *("47110", "20", "47110 we are not well", "4711 SOS", "47110 77", "4711 20", "20 20", "47110 47120"),
]


@pytest.mark.parametrize("text", NO_REPORTS)
def test_what_only_looks_like_a_report_is_none(text: str) -> None:
    """B4: a slip never turns one word into another."""
    assert parse_report(text) is None
    assert parse_report(f"ALERTA {text}") is not None


@pytest.mark.parametrize(("text", "report"), REPORTS)
def test_a_report_is_understood(text: str, report: Report) -> None:
    """A12: what is not understood is kept as it was written."""
    assert parse_report(text) == report


@pytest.mark.parametrize(("sentence", "type"), SENTENCES)
def test_what_people_say_without_the_name_of_a_type_is_understood(sentence: str, type: str) -> None:
    """A12: whoever has no time for codes is understood as well, and nothing of what was said is lost."""
    report = parse_report(f"ALERTA 47110 {sentence}")

    assert report is not None
    assert report.type == type
    assert report.text is not None
    assert report.text in sentence
    assert sentence.removeprefix("P9 ").removeprefix("P7 ") in report.text


@pytest.mark.parametrize("sentence", NO_ALARMS)
def test_everyday_words_are_no_type(sentence: str) -> None:
    """B2: a critical alarm for nothing costs the next one its hearers; what was written is read by people."""
    report = parse_report(f"ALERTA 47110 {sentence}")

    assert report is not None
    assert (report.type, report.text) == (None, sentence)


@pytest.mark.parametrize("text", ["", "todo bien", "4711", "no SOS", "helper"])
def test_a_text_without_the_verb_is_no_report(text: str) -> None:
    assert parse_report(text) is None
    assert parse_report(f"SOS {text}") is not None


@pytest.mark.parametrize(("text", "report"), OTHER_VERBS)
def test_what_else_the_field_does_is_understood(text: str, report: Report) -> None:
    assert parse_report(text) == report


WELL_SAID = {
    CHECK_IN: """
        im fine 47110
        estoy a salvo 47110
        sí, estamos los dos bien 47110
        yes all safe 47110
        oui, on est sains et saufs 47110
        ça va 47110
        I'm safe 47110
        we r ok 47110
        we are all safe and well 47110
        sin novedad 47110
        estamos todos bien 47110
        toutes et tous en sécurité 47110
        rien à signaler 47110
        nous sommes en sécurité 47110
        estamos bem 47110
        uns geht es allen gut 47110
        47110 we are well
        47110 todo bien gracias
        all good at L12 47110
        back home safe 47110
        de vuelta en casa, todo bien 47110
        bien rentrés 47110
        sind gut zu Hause 47110
        de volta, tudo bem 47110
        tudo certo 47110
        todo en orden por acá 47110
        todo normal 47110
        pas de soucis ici 47110
        sin problemas 47110
        sem problemas 47110
        alles gut, zurueck zu Hause 47110
    """,
    ARRIVE: """
        we have reached 47110
        Reached L12 47110
        arrived safely 47110
        suis bien arrivé 47110
        je suis arrivée 47110
        Bien arrivés à L12 47110
        hemos llegado bien 47110
        estamos bien, ya llegamos 47110
        chegamos bem 47110
        sind gut angekommen 47110
        47110 we have arrived
    """,
    WITHDRAW: """
        alarma falsa 47110
        alerta falsa 47110
        fue alarma falsa 47110
        the alarm was false 47110
        SOS falso 47110
        47110 falsa alarma, perdón
        cancel the alarm 47110
        cancelen la alerta 47110
        annulez l'alerte 47110
        alarma cancelada 47110
        sorry, false alarm, we are all safe 47110
        alarma falsa
    """,
}
"""Each in a line of its own: whole sentences that say nothing else."""

ILL_SAID = """
    we are not safe 47110
    no estamos bien 47110
    nobody is well 47110
    on n'est pas bien 47110
    estamos bien jodidos 47110
    on arrive 47110
    no estamos en peligro 47110
    we are out of danger 47110
    estamos bien, ya fue el peligro 47110
    les élèves sont en danger 47110
    are you in danger
    peligro de incendio en la via
    no, estoy bien lejos 47110
    NO 47110
    yes they took him 47110
    j'arrive 47110
    we have not arrived 47110
    todavía no hemos llegado 47110
    47110 we are well hidden
    are you safe 47110
    sin novedad de Luis 47110
    all is safe if you come 47110
    they have arrived 47110
    P9 arrived 47110
    gente armada ha llegado 47110
    are we safe 47110
    hello, is it ok 47110
    47110 todo bien?
    ¿estamos bien? 47110
    ist alles gut 47110
    only I am safe 47110
    una está bien 47110
    47110 on arrive
    we are back 47110
    not back safe 47110
    I was safe 47110
    fue todo bien 47110
    c'était bien 47110
    war alles gut 47110
    foi tudo bem 47110
    no, problema 47110
    sim, problemas 47110
    la orden 47110
    nada normal 47110
"""
"""What only begins like them, or says the contrary."""


@pytest.mark.parametrize(
    ("sentence", "verb"),
    [(line.strip(), verb) for verb, said in WELL_SAID.items() for line in said.split("\n") if line.strip()],
)
def test_a_sentence_that_says_no_more_than_a_verb_does_is_that_verb(sentence: str, verb: FieldVerb) -> None:
    """A12: in their own words; what is taken for silence alarms people for nothing."""
    report = parse_report(sentence)

    assert report is not None
    assert report.verb is verb
    assert report.pin == ("47110" if "47110" in sentence else None)


@pytest.mark.parametrize("sentence", [line.strip() for line in ILL_SAID.split("\n") if line.strip()])
def test_a_sentence_that_says_more_is_for_people(sentence: str) -> None:
    assert parse_report(sentence) is None
    assert parse_report(f"OK 47110 {sentence}") is not None


@pytest.mark.parametrize("type", [each for each in TYPES if each != "other"])
def test_every_type_goes_by_its_names_alone_and_one_more_of_it(type: str) -> None:
    """B2: in three languages; that nobody knows what it is, is nothing to be named."""
    names = [name.replace("-", " ") for name in NAMES[type]]

    assert {parse_report(f"ALERT 47110 {name}") for name in names} == {Report(False, "47110", type)}
    assert parse_report(f"ALERT 47110 {names[0]}s") == Report(False, "47110", type)


def test_no_slip_in_the_name_of_a_type_makes_another_of_it() -> None:
    """B2: a letter that is missing, or in its neighbour's place, is forgiven in long names."""
    names = {name: type for type, names in NAMES.items() for name in names}
    words = {name: type for name, type in names.items() if len(name) > 8 and "-" not in name}
    for word, type in words.items():
        missing = [word[:at] + word[at + 1 :] for at in range(1, len(word))]
        swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]
        read = [type_in(words_of(slip), begins=0)[0] for slip in (*missing, *swapped)]

        assert {*read} <= {type, None}, word
        assert read.count(type) > read.count(None), word


@pytest.mark.parametrize("language", ["en", "fr", "es", "de", "pt"])
def test_what_we_call_a_type_in_an_sms_is_understood_of_the_field(language: str) -> None:
    """B2: whoever types back what an alert said means that; two that go by one neutral name are either."""
    words = yaml.safe_load((MESSAGE_TEMPLATES / "words" / f"{language}.yaml").read_text())
    names = [(type, name) for part in ("types", "short_types") for type, name in words[part].items() if type != "other"]
    meant = {name: {other for other, known in names if known == name} for _, name in names}

    for name, types in meant.items():
        report = parse_report(f"ALERT 47110 {name}")

        assert report is not None
        assert report.type in types, name


def slips_of(word: str) -> set[str]:
    """What one missing, doubled or exchanged letter makes of a verb."""
    places = range(len(word))
    missing = {word[:at] + word[at + 1 :] for at in places}
    doubled = {word[:at] + word[at] + word[at:] for at in places}
    exchanged = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1]}
    return missing | doubled | exchanged


def wrongs_of(word: str) -> set[str]:
    """What one wrong letter makes of a verb: one of those of verbs that are like it, and one that no verb has."""
    alike = get_close_matches(word, VERB_OF_WORD, n=20, cutoff=0.5)
    return {word[:at] + letter + word[at + 1 :] for at in range(len(word)) for letter in {*"".join(alike), "q"}}


@pytest.mark.parametrize("made_of", [slips_of, in_long(wrongs_of)])
@pytest.mark.parametrize("verb", FieldVerb)
def test_no_slip_makes_another_verb_of_a_verb(verb: FieldVerb, made_of: Callable[[str], set[str]]) -> None:
    """With a PIN behind it: what a slip may make of two verbs is neither, and people read it."""
    exact = {word: each for each, words in FIELD_VERBS.items() for word in words}
    understood = 0
    for slip in {slip for word in FIELD_VERBS[verb] for slip in made_of(word)} - exact.keys():
        report = parse_report(f"{slip} 47110")

        assert report is None or report.verb is verb, slip
        understood += report is not None
    assert understood > 3


def test_no_verb_is_a_word_of_the_carriers() -> None:
    """B4: STOP, CANCEL, END, QUIT, YES, START, HELP, INFO, ARRET are never ours; HELP is only heard if it arrives."""
    carriers = OPT_OUTS | {"yes", "start", "unstop", "help", "info"}
    verbs = {word for words in FIELD_VERBS.values() for word in words}

    assert carriers & verbs == {"help"} <= PANIC
    assert [word for word in carriers if parse_report(word)] == ["help"]


@pytest.mark.parametrize("text", ["OK 4711", "GO 5823", "ESPERA 5823", "OK", "4711 ok"])
def test_what_answers_a_code_stays_an_answer_though_the_field_has_that_verb(text: str) -> None:
    """B4: four digits are a code, five a PIN; an answer is looked for first."""
    assert parse_answers(text) != ()
    assert parse_answers("GO 47110") == ()


@pytest.mark.parametrize(
    "text", ["ALERTA 47110 {code} 31 L12 C2 nos siguen", "ALERTA {code} tipo 31 47110 L12 C2 nos siguen"]
)
def test_a_code_of_the_teams_file_stands_wherever_p7_may(text: str) -> None:
    """B4: what comes after it is understood all the same. A consent is none, whoever is called like it."""
    known = ("K2", "C2", "L12")
    usual = parse_report(text.format(code="P7"), known)

    assert usual is not None
    assert (usual.type, usual.people, usual.text) == ("threat", ("P7",), "nos siguen")
    assert parse_report(text.format(code="k2"), known) == replace(usual, people=("K2",))
    assert parse_report(text.format(code="N7"), known) != replace(usual, people=("N7",))


@pytest.mark.parametrize("form", ["k-20", "K.20", "K020", "K2O", "k20"])
def test_a_code_on_record_is_known_in_whatever_form_it_is_typed(form: str) -> None:
    """A3: else the narrower consent of whose it is, and those whom they fear, would count for nothing."""
    known = ("K20", "P1A", "P7", "P07", "D10")

    assert parse_report(f"ALERT 47110 20 {form} C2", known) == parse_report("ALERT 47110 20 K20 C2", known)
    assert codes_in(f"{form} and P1-A", known).people == ("K20", "P1A")
    # No word becomes a code, nor what might be two.
    assert codes_in(f"{form} dio K P007 P7-1A", known).people == ("K20", "P007", "P7")


def test_any_order_after_the_verb_says_the_same() -> None:
    parts = ["47110", "20", "L12", "P7", "C2"]
    orders = (parts[at:] + parts[:at] for at in range(len(parts)))

    understood = {parse_report(f"ALERTA {' '.join(order)} nos pararon") for order in (*orders, parts[::-1])}

    assert understood == {Report(False, "47110", "arrest", "L12", ("P7",), Scope.INTERNATIONAL, "nos pararon")}


@pytest.mark.parametrize(
    "before",
    ["Hola, alerta", "Good evening. ALERT", "red alert", "alerta roja", "ALERT ALERT", "Ana: ALERTE"],
)
def test_the_number_behind_the_pin_is_the_type_whatever_stands_before(before: str) -> None:
    """An arrest that was told with a greeting opened as a moderate incident, and critical levels stayed closed."""
    report = parse_report(f"{before} 47110 20 L12 P7")

    assert report is not None
    assert (report.verb, report.pin, report.type) == (FieldVerb.RAISE, "47110", "arrest")
    assert (report.place, report.people) == ("L12", ("P7",))


@pytest.mark.parametrize(
    "text",
    [
        "Hola, alerta 47110 20:30 nos siguen",
        "ALERT 22:10 47110 we are being followed",
        "ALERTE 47110 13/05 on nous suit",
        "alerta alerta 47110 10 km al norte nos siguen",
        "alert 47110, 10.30 pm: we are being followed",
        "Alarm 47110 20 Uhr P7 wird verfolgt",
        "Hola, alerta 47110 20 horas nos siguen",
        "ALERTE 47110 20 heures on nous suit",
        "alert 47110 10 days now, they follow us",
    ],
)
def test_a_time_or_a_distance_beside_the_pin_is_no_type(text: str) -> None:
    """Nobody is to be told of a killing because it is half past ten."""
    report = parse_report(text)

    assert report is not None
    assert (report.verb, report.pin, report.type) == (FieldVerb.RAISE, "47110", "surveillance")


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("Hola alerta 47110 10 personas heridas", None),
        ("alert we are 47110 12 people", None),
        ("red alert 47110 20 soldiers follow us", "surveillance"),
        ("alert there are soldiers 47110 20 of them", None),
        ("Hola, alerta 47110 20. Nos pararon", "arrest"),
    ],
)
def test_a_number_behind_the_pin_that_may_count_something_is_no_type(text: str, type: str | None) -> None:
    """Nobody is to be told of a killing because ten people are hurt."""
    report = parse_report(text)

    assert report is not None
    assert report.type == type


def test_a_type_before_the_kilometre_of_a_road_is_one() -> None:
    report = parse_report("ALERTA 47110 43 Km 14 via a Popayan")

    assert report is not None
    assert report.type == "checkpoint"


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        ("ALERT 47110 20 L 12 P 7 C 0", Scope.INTERNAL),
        ("alerta;47110;20;l 12;p 7;c 1;ya", Scope.NATIONAL),
        ("ALERTE 47110 20 L12 C 1 P7", Scope.NATIONAL),
        ("ALERTA 47110 20 P7 c 3 dias preso", None),
        ("ALERTA 47110 20 P7 detenido c 2", None),
        ("ALERTE 47110 20 P7 c 3 à 4 hommes", None),
        ("ALERTE 47110 20 P7 c 2-3 hommes", None),
        ("ALERTE 47110 20 P7 c 2 h", None),
        ("ALERTE 47110 20 P7 c 3 / 4 hommes", None),
        ("ALERTE 47110 20 P7 c 3 - 4 hommes", None),
        ("ALERTE 47110 20 P7 c 2, 3 hommes", None),
        ("ALERTE 47110 20 P7 c 2.5 km", None),
        ("ALERTE 47110 20 P7 c 2:30", None),
        ("ALERTE 47110 20 P7 c 3 (trois) hommes", None),
        ("ALERT 47110 20 C 0 C 3", Scope.INTERNAL),
        ("ALERT 47110 20 L 12 C 0 - only us", Scope.INTERNAL),
        ("ALERT 47110 20 L 12 C 0: only us", Scope.INTERNAL),
        ("ALERT 47110 C 1 20 L 12", Scope.NATIONAL),
        ("ALERT 20 L 12 P 7 C 1 47110", Scope.NATIONAL),
        ("ALERT 20 47110 P 7 C 1. They took him", Scope.NATIONAL),
    ],
)
def test_a_consent_whose_digit_stands_apart_binds_too(text: str, consent: Scope | None) -> None:
    """A3: who writes every code with a space means the narrower consent as well; in a sentence a c is a word."""
    report = parse_report(text)

    assert report is not None
    assert (report.type, report.consent) == ("arrest", consent)


@pytest.mark.parametrize("standing", Scope)
def test_a_consent_that_is_given_counts_whatever_the_standing_one_is(standing: Scope) -> None:
    """B1: whoever has written C2 for a team without a standing consent was told C2, and no embassy heard."""
    reports = [parse_report(f"SOS 47110 20 P7 {code}") for code in ("C0", "C1", "C2", "C3")]

    assert [consent_within(report, standing) for report in reports if report] == [*Scope]


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        ("ALERTA 47110 20 L12 C 1 detenida", Scope.NATIONAL),
        ("ALERT 47110 20 L12 C 0 (only us)", Scope.INTERNAL),
        ("ALERT 47110 20 P7 c:0 only us", Scope.INTERNAL),
        ("ALERT 47110 arrest, they took P7 to the station. C 0", Scope.INTERNAL),
        ("ALERTA 47110 20 detenido (c 1)", Scope.NATIONAL),
        ("ALERTA 47110 20 P7 C 1 detenida, C3", Scope.NATIONAL),
        ("ALERTE 47110 20 P7 c 2 hommes", Scope.INTERNATIONAL),
        ("ALERTE 47110 20 P7 c 2 h", Scope.PUBLIC),
        ("ALERTA 47110 20 P7 c 1.5 km", Scope.PUBLIC),
        ("ALERTA 47110 20 P7 C 3 personas", Scope.PUBLIC),
        ("ALERTE 47110 20 ils disent que c 1 accident", Scope.PUBLIC),
    ],
)
def test_what_may_be_a_consent_narrows_and_never_widens(text: str, consent: Scope) -> None:
    """A3: whoever may mean that fewer are to hear is taken at that; whoever may mean more has to write it as a code."""
    report = parse_report(text)

    assert report is not None
    assert report.type == "arrest"
    assert consent_within(report, Scope.PUBLIC) == consent
    assert consent_within(report, Scope.INTERNAL) == (Scope.NATIONAL if report.consent else Scope.INTERNAL)


@pytest.mark.parametrize("text", ["Hola Alaíde", "Alaide, ya llegamos", "Alaíde llegó bien"])
def test_a_name_is_no_cry_for_help(text: str) -> None:
    assert parse_report(text) is None
    assert parse_report(text.replace("Alaíde", "a laide").replace("Alaide", "a laide")) is not None


@pytest.mark.parametrize("text", ["PIN 47110 ALERT 20 L12", "pin: 47110, 20 L12", "Pin 47110 alerta arresto 20 L12"])
def test_the_pin_may_stand_first_behind_its_label(text: str) -> None:
    report = parse_report(text)

    assert report is not None
    assert (report.verb, report.pin, report.type) == (FieldVerb.RAISE, "47110", "arrest")
    assert report.place == "L12"


@pytest.mark.parametrize("text", ["So's you know, we are fine", "so’s we can talk", "So's my phone"])
def test_what_begins_with_a_short_so_is_cries_for_nothing(text: str) -> None:
    """A12: people read it."""
    assert parse_report(text) is None
    assert parse_report("So s they come") == Report(True, text="they come")


@pytest.mark.parametrize("text", ["SO'S help", "so's", "So's 47110", "SO S they come"])
def test_a_cry_with_a_sign_in_it_is_one_all_the_same(text: str) -> None:
    report = parse_report(text)

    assert report is not None
    assert report.panic


@pytest.mark.parametrize(
    "text",
    [
        "sorry, false alarm 47110",
        "Perdón, fue una falsa alarma 47110",
        "désolé c'était une fausse alerte 47110",
        "falscher Alarm 47110",
        "Tut uns leid, war nur ein falscher Alarm 47110",
        "desculpem, foi um falso alarme 47110",
        "lo siento, era falsa alarma 47110",
    ],
)
def test_a_false_alarm_is_no_alarm_wherever_the_words_stand(text: str) -> None:
    """B4: it asks to withdraw, and raises nothing anew."""
    report = parse_report(text)

    assert report is not None
    assert (report.verb, report.pin) == (FieldVerb.WITHDRAW, "47110")


@pytest.mark.parametrize(
    "text",
    [
        "this is not a false alarm 47110",
        "no es una falsa alarma 47110",
        "it isnt a false alarm 47110",
        "wasnt a false alarm 47110",
        "esto noes falsa alarma 47110",
        "jamás fue falsa alarma 47110",
        "sin falsa alarma 47110",
        "keineswegs falscher Alarm 47110",
        "nós não mandamos falso alarme 47110",
    ],
)
def test_no_false_alarm_is_an_alarm(text: str) -> None:
    report = parse_report(text)

    assert report is not None
    assert (report.verb, report.pin) == (FieldVerb.RAISE, "47110")


@pytest.mark.parametrize("slip", ["SOD", "sis", "AOS", "SPS", "soss", "xsos", "SOSA"])
def test_a_slip_in_sos_is_forgiven_right_before_a_pin(slip: str) -> None:
    """Who is in danger types badly, and the PIN shows that no other word was meant."""
    report = parse_report(f"{slip} 47110 20 P7")

    assert report is not None
    assert (report.verb, report.panic, report.pin, report.type) == (FieldVerb.RAISE, True, "47110", "arrest")


@pytest.mark.parametrize(
    "said", ["los 47110", "son 47110 pesos", "dos 47110", "sms 47110", "SOD", "sis P7", "SOD L12 47110"]
)
def test_another_word_or_a_slip_without_a_pin_is_no_sos(said: str) -> None:
    report, meant = parse_report(said), parse_report("SOD 47110")

    assert report is None or not report.panic
    assert meant is not None
    assert meant.panic


@pytest.mark.parametrize("drill", ["SIMULACRO", "Drill:", "simulado"])
def test_who_says_first_that_it_is_a_drill_raises_nothing(drill: str) -> None:
    """Our own messages of a drill begin so; whoever says that it is none raises."""
    report = parse_report(f"{drill} SOS 47110 20 P7")

    assert report is not None
    assert (report.verb, report.pin) == (FieldVerb.TEST, "47110")
    assert (parse_report(f"no {drill} SOS 47110") or report).verb is FieldVerb.RAISE


@pytest.mark.parametrize(
    "text",
    [
        *("drill over, now real: SOS 47110", "Simulacro no es! SOS 47110", "drill? not a drill SOS 47110"),
        *("simulacro terminado, ahora de verdad SOS 47110", "SIMULADO acabou. SOS 47110", "drill: real now. SOS 47110"),
    ],
)
def test_who_says_that_the_drill_is_over_or_none_raises(text: str) -> None:
    report = parse_report(text)

    assert report is not None
    assert (report.verb, report.panic, report.pin) == (FieldVerb.RAISE, True, "47110")


CRIED = """
    ok sos 47110
    safe 47110 sos
    OK SOS47110
    ok 47110SOS
    okay 47110, s.o.s.
    ok 47110 🆘
    ok 47110 no estamos bien, ayuda
    ok 47110, no. help!
    arr 47110 help
    llegue 47110 necesitamos ayudaaa
    arrive 47110 on a besoin d'aide
    angekommen 47110 wir brauchen Hilfe
    cheguei 47110 me ajudem
    bem 47110 socorro
    wait 47110 2h mayday
    GO 47110 L12 18:00 we are in danger
    false 47110 help
    ok 47110 nos hace falta ayuda
    ok 47110 gracias por todo ayuda
    bien 47110 je n'en peux plus aidez moi
    gut 47110 ich kann nicht mehr Hilfe
    ok 47110 estamos con emergencia
    ok 47110 no estamos bien ayuda
    bien 47110 ils sont avec nous aidez
    gut 47110 Hilfe nicht anrufen
    low sos
    lang 47110 fr au secours
    news 47110 they are at the door, help
    news 47110 no help came, help us
    news 47110 we ask for help
    news 47110 ayuda, ya llegaron
    ok 47110 help is here
    nueva sos
"""
NOT_CRIED = """
    ok no sos 47110
    ok 47110 sin sos
    ok 47110 pas de sos
    arr 47110 no help needed
    llegue 47110 no necesitamos ninguna ayuda
    arrive 47110 pas besoin d'aide
    arrive 47110 on n'a plus besoin d'aide
    gut 47110 keine Hilfe nötig
    bem 47110 não precisamos de ajuda
    ok 47110 thanks for your help
    bien 47110 gracias por la ayuda
    ok 47110 merci pour votre aide
    gut 47110 danke für eure Hilfe
    bem 47110 obrigada pela ajuda
    ok 47110 out of danger
    ok 47110 on n'est plus en danger
    gut 47110 nicht mehr in Gefahr
    bien 47110 no estamos en peligro
    llegamos 47110 con ayuda humanitaria
    false 47110 the SOS was a mistake
    test 47110 sos
    news 47110 no help needed any more
    news 47110 help arrived
    nueva 47110 la ayuda ya llegó
    news 47110 the neighbours asked the ombuds for help yesterday
    nueva 47110 recibimos ayuda de la iglesia
    news 47110 l'aide est arrivée
    news 47110 Hilfe ist da
    ok 47110 they follow us
    ok 47110 thanks so much for your help
    ok 47110 gracias por toda su ayuda
    ok 47110 merci beaucoup pour votre aide
    gut 47110 vielen Dank für die Hilfe
    bem 47110 obrigado por toda a ajuda
    ok 47110 don't send any help
    ok 47110 dont send help
    ok 47110 ya no me hace falta ayuda
    falsa 47110 no fue emergencia
    bem 47110 não foi preciso ajuda
    gut 47110 Hilfe nicht nötig
    gut 47110 wir brauchen eure Hilfe nicht mehr
    ok 47110 help is not needed
    llegamos 47110 con ayuda de la comunidad
    bien 47110 vos sos grande
    angekommen 47110 mit Hilfe von Paul
    arrive 47110 avec l'aide de Paul
"""


@pytest.mark.parametrize(
    ("text", "cries"),
    [(line.strip(), said is CRIED) for said in (CRIED, NOT_CRIED) for line in said.split("\n") if line.strip()],
)
def test_a_cry_for_help_behind_another_verb_is_heard_unless_it_is_denied(text: str, cries: bool) -> None:
    """A12: whoever is well and cries for help is not well."""
    report = parse_report(text)

    assert report is not None
    assert report.verb is not FieldVerb.RAISE
    assert report.cries is cries


TAKEN_BACK = """
    no
    not
    nao
    mal
    muy mal
    schlecht
    we are not ok
    not safe here
    it isn't safe
    not yet
    in half an hour
    soon
    no estamos bien
    pero no todo bien
    no estamos a salvo
    todavía no hemos llegado
    aún no
    en una hora
    en 20 min
    on n'est pas bien
    pas encore arrivés
    dans 1 heure
    uns geht es nicht gut
    no está todo en orden
    hier ist nicht alles in Ordnung
    nichts ist in Ordnung
    nadie está a salvo
    nem tudo está bem
    noch nicht da
    in einer Stunde
    tarde
    un poco tarde
    en retard
    com atraso
    não estamos bem
    ainda não
    em 2h
    não muito bem
    no estamos nada bien
    no estamos bien del todo
    não estamos bem de saúde
    no me siento bien
    no es seguro
    llegamos en una hora
    pas bien du tout
    nicht gut, wir sind müde
"""
NOT_TAKEN_BACK = """
    no problem
    no, all is well
    no hay problema, todo bien
    sin novedad
    no good signal here
    no sos
    they follow us
    pas de souci
    kein Problem
    sem problema
    in the hotel
    en casa de L12
    mal tiempo
    no hay nadie
    no rain
    not in danger
    hasta pronto
    nos vemos pronto
    see you soon
    à bientôt
    bis bald
    les llamo en una hora
    will call in 10 min
    ligo em 5 min
    no estoy segura de la hora
    no pasa nada está bien
    tarde pero bien
    por la tarde
    pas bien dormi
    nicht gut geschlafen
    not well rested
    pas bien reçu votre message
"""


@pytest.mark.parametrize(
    ("words", "taken_back"),
    [
        (line.strip(), said is TAKEN_BACK)
        for said in (TAKEN_BACK, NOT_TAKEN_BACK)
        for line in said.split("\n")
        if line.strip()
    ],
)
def test_words_beside_an_ok_may_take_it_back(words: str, taken_back: bool) -> None:
    assert takes_back(words, of_arrival=True) is taken_back


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("una hora", 60),
        ("media hora", 30),
        ("una hora y media", 90),
        ("hora y media", 90),
        ("hora e meia", 90),
        ("anderthalb Stunden", 90),
        ("dos horas", 120),
        ("half an hour", 30),
        ("an hour and a half", 90),
        ("une heure", 60),
        ("une demi-heure", 30),
        ("deux heures et demie", 150),
        ("eine Stunde", 60),
        ("eine halbe Stunde", 30),
        ("uma hora e meia", 90),
        ("meia hora", 30),
    ],
)
def test_a_delay_is_understood_in_words(said: str, minutes: int) -> None:
    """A12: nobody counts in digits who is late."""
    report = parse_report(f"WAIT 47110 {said}")

    assert report is not None
    assert (report.longer, report.text) == (timedelta(minutes=minutes), None)
    assert (parse_report(f"WAIT 47110 hasta las {said}") or Report(False)).longer is None


@pytest.mark.parametrize("said", ["en una hora", "L12 une heure", "de uma hora"])
def test_few_words_may_stand_before_a_delay_in_words(said: str) -> None:
    report = parse_report(f"WAIT 47110 {said}")

    assert report is not None
    assert report.longer == timedelta(hours=1)


@pytest.mark.parametrize(
    "said",
    [
        *("one and half hour", "one and a half hour", "una y media hora", "three and a half hours"),
        *("two three hours", "dos, tres horas", "deux trois heures", "2 3 h", "2, 3 h", "eine 30 Minuten Pause"),
        *("twenty two hours", "treinta y dos minutos", "vingt-deux heures", "quarter of an hour", "une ou deux heures"),
    ],
)
def test_a_part_of_a_delay_is_none(said: str) -> None:
    report = parse_report(f"WAIT 47110 {said}")

    assert report is not None
    assert report.longer is None


@pytest.mark.parametrize(
    "why", ["aún no llegamos", "not arrived yet", "pas encore arrivés", "noch nicht angekommen", "ainda não cheguei"]
)
def test_who_has_not_arrived_yet_may_ask_for_a_delay(why: str) -> None:
    """A12: it is the reason for it; who is not well may not."""
    assert not takes_back(why, of_arrival=False, of_delay=True)
    assert takes_back(why, of_arrival=True)
    assert takes_back("no estamos bien", of_arrival=False, of_delay=True)


def test_an_ok_may_speak_of_later() -> None:
    """A12: whoever calls in from the road is well."""
    for later in ("llegamos pronto", "we leave in 1 hour", "pas encore là"):
        assert takes_back(later, of_arrival=True)
        assert not takes_back(later, of_arrival=False)


def test_a_long_run_of_digits_behind_an_arrival_is_read_to_its_end() -> None:
    """Each digit more would take twice as long if a number could be read as two."""
    assert takes_back("in 12 h", of_arrival=True)
    assert not takes_back(f"in {'12' * 600} x", of_arrival=True)


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "pt"])
def test_what_we_write_of_help_is_no_cry_where_it_is_quoted(language: str) -> None:
    """A reply to our reminder, with the reminder behind it, is a check-in."""
    files = [MESSAGE_TEMPLATES / kind / language / "sms.j2" for kind in ("field_status", "receipt")]
    written = [said for file in files for said in re.findall(r"[^.;:{}%]*SOS[^.;{}%]*", file.read_text())]

    assert len(written) > 8
    for said in written:
        report = parse_report(f"OK 47110\n> {said}")
        assert report is not None
        assert not report.cries, said


@pytest.mark.parametrize(
    "denied", ["no sos 47110", "not SOS 47110", "sin sos 47110", "pas de SOS 47110", "kein SOS 47110", "sem SOS 47110"]
)
def test_a_cry_that_is_denied_is_for_people(denied: str) -> None:
    """A12: it may mean both; unread it must not reach everybody as proven."""
    assert parse_report(denied) is None
    assert parse_report("estamos con emergencia 47110") is not None
    assert parse_report(denied.replace(" ", "! ", 1)) == Report(True, "47110", text=denied.replace(" ", "! ", 1)[:-6])


@pytest.mark.parametrize(
    "text",
    ["OK 47110ALERTE 47110 20 L12", "GO 47110 L12 18:00 ALERTE 47110 20 L12", "OK47110ALERTE 47110 20 L12"],
)
def test_an_alarm_that_the_network_has_joined_to_another_text_is_raised(text: str) -> None:
    """A12: two texts in one, each with its PIN."""
    report = parse_report(text)

    assert report is not None
    assert (report.verb, report.pin, report.type) == (FieldVerb.RAISE, "47110", "arrest")


def test_the_test_of_an_alarm_raises_nothing() -> None:
    """Whoever tries out the words has no other text before them."""
    report = parse_report("TEST ALERTA 47110")

    assert report is not None
    assert report.verb is FieldVerb.TEST
