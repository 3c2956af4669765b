"""What may be texted to us and how it is understood: this table is the manual of the grammar (B4)."""

import pytest

from alertnet.core.inbound.sms_grammar import (
    ALARMS,
    OPT_OUTS,
    PANIC,
    VERBS,
    Report,
    SmsAnswer,
    Turn,
    Verb,
    is_opt_out,
    parse_answers,
    parse_report,
    parse_turn,
)
from alertnet.core.incident import Scope

OK, NO, RELAY, DONE, GO, HOLD = Verb

ANSWERS = [
    # A contact takes charge.
    ("4711", [(OK, "4711")]),
    ("OK 4711", [(OK, "4711")]),
    ("ok4711", [(OK, "4711")]),
    ("Ok, 4711.", [(OK, "4711")]),
    ("OK-4711", [(OK, "4711")]),
    ("4711 OK", [(OK, "4711")]),
    ("  «4711»  ", [(OK, "4711")]),
    ("“4711”!!", [(OK, "4711")]),
    ("\u200e4711\u200f", [(OK, "4711")]),
    ("OK\u00a04711", [(OK, "4711")]),
    ("ＯＫ ４７１１", [(OK, "4711")]),
    ("٤٧١١", [(OK, "4711")]),
    ("۴۷۱۱", [(OK, "4711")]),
    ("4711 vamos en camino", [(OK, "4711", "vamos en camino")]),
    ("4711 Recibido, gracias.", [(OK, "4711", "Recibido, gracias.")]),
    # It can't.
    ("NO 4711", [(NO, "4711")]),
    ("no4711", [(NO, "4711")]),
    ("No, 4711", [(NO, "4711")]),
    ("4711 no", [(NO, "4711")]),
    ("Non 4711", [(NO, "4711")]),
    ("NEIN 4711", [(NO, "4711")]),
    ("Não 4711", [(NO, "4711")]),
    ("4711 nein", [(NO, "4711")]),
    ("NO 4711 estoy de viaje", [(NO, "4711", "estoy de viaje")]),
    # It passed it on.
    ("PASS 4711", [(RELAY, "4711")]),
    ("transmis 4711", [(RELAY, "4711")]),
    ("Pasó 4711", [(RELAY, "4711")]),
    ("PASO 4711 al coronel", [(RELAY, "4711", "al coronel")]),
    ("TOLD 4711", [(RELAY, "4711")]),
    ("Pasé 4711", [(RELAY, "4711")]),
    ("weitergegeben 4711", [(RELAY, "4711")]),
    ("REPASSEI 4711", [(RELAY, "4711")]),
    # It has done something.
    ("DONE 4711", [(DONE, "4711")]),
    ("DONE 4711 called the minister at 1430", [(DONE, "4711", "called the minister at 1430")]),
    ("Fait: 4711, j'ai appelé le préfet", [(DONE, "4711", "j'ai appelé le préfet")]),
    ("HECHO 4711 no contestan", [(DONE, "4711", "no contestan")]),
    ("ERLEDIGT 4711 Botschaft angerufen", [(DONE, "4711", "Botschaft angerufen")]),
    ("FEITO 4711 não atendem", [(DONE, "4711", "não atendem")]),
    # Several codes in one text.
    ("4711 5823", [(OK, "4711"), (OK, "5823")]),
    ("OK 4711, NO 5823", [(OK, "4711"), (NO, "5823")]),
    ("NO 4711 5823", [(NO, "4711"), (NO, "5823")]),
    ("ok 4711\ndone 4711 visited", [(OK, "4711"), (DONE, "4711", "visited")]),
    # A coordinator decides.
    ("GO 5823", [(GO, "5823")]),
    ("go5823", [(GO, "5823")]),
    ("HOLD 5823", [(HOLD, "5823")]),
    ("ATTENDRE 5823", [(HOLD, "5823")]),
    ("ESPERA 5823", [(HOLD, "5823")]),
    ("WARTEN 5823", [(HOLD, "5823")]),
    ("AGUARDAR 5823", [(HOLD, "5823")]),
    ("GO 5823 HOLD 5824", [(GO, "5823"), (HOLD, "5824")]),
    ("4711 4712 4713", [(OK, "4711"), (OK, "4712"), (OK, "4713")]),
    # Words come first: then the only code in it counts, by the verb right before it.
    ("Buenas noches, OK 4711", [(OK, "4711")]),
    ("my answer is 4711, thanks", [(OK, "4711", "thanks")]),
    ("ok ok 4711", [(OK, "4711")]),
    ("YES 4711", [(OK, "4711")]),
    ("Sorry, NO 4711", [(NO, "4711")]),
    ("el 24 de noviembre de 2026: 4711", [(OK, "4711")]),
    ("+573005550101 4711", [(OK, "4711")]),
    # A verb alone never acts; the reply names the open codes.
    ("OK", [(OK, None)]),
    ("no.", [(NO, None)]),
    ("¡GO!", [(GO, None)]),
]

FREE_TEXTS = [
    "",
    "   ",
    "¿Quién es?",
    "Who is this",
    "no puedo ahora",
    "No entiendo 4711",
    "4711 no puedo",
    "4711 I can't",
    "4711 je n'ai personne",
    "4711 kann ich nicht",
    "4711 não consigo",
    "4711, aber erst am Montag",
    "4711, but not before Monday",
    "4711 who is this?",
    "4711 5823 no",
    "GO 5823? not sure",
    "done, we called the ministry",
    "47110",
    "471",
    "OK 1999",
    "2026",
    # Two numbers that may be the code, or a list that nobody was sent.
    "call 4711 or 5823",
    "your text was: answer 4711; if you can't, NO 4711",
    "hello? 4711",
    "we can't come, 4711",
    "4711 4712 4713 4714",
    "GO 4711 4712 4713 4714",
    # A machine has read nothing.
    "Automatic reply: I am out of office, call extension 4711",
    # A report is one, whatever its words hold.
    "SOS camion 4711",
    "ALERTA 47110 20 placa 4711",
]

REPORTS = [
    # Panic, with nothing but the phone to prove who it is.
    ("SOS", Report(True)),
    ("sos!!!", Report(True)),
    ("S.O.S.", Report(True)),
    ("S O S", Report(True)),
    ("Help", Report(True)),
    ("HELP nos disparan", Report(True, text="nos disparan")),
    ("SOS L12 hay soldados", Report(True, place="L12", text="hay soldados")),
    ("sos 47110 20", Report(True, pin="47110", type="arrest")),
    # Whatever language the phone's owner cries for help in.
    *((word, Report(True)) for word in ("AYUDA", "ayúdame", "Auxilio!", "AIDE", "aidez", "Secours", "URGENCE")),
    *((word, Report(True)) for word in ("EMERGENCY", "emergencia", "Hilfe", "NOTFALL", "Ajuda", "socorro")),
    *((word, Report(False)) for word in ("ALARMA", "alarme", "Alarm")),
    ("AYUDA47110 20 nos pararon", Report(True, "47110", "arrest", text="nos pararon")),
    # One slip is forgiven: a letter that is wrong, missing, doubled or in its neighbour's place.
    *((word, Report(True)) for word in ("S0S", "sooos", "ayudda", "ayuad", "axilio", "emergancy", "socoro", "hlep")),
    *((word, Report(False)) for word in ("ALRETA", "allerta", "alarna", "aletr")),
    ("alreta47110 20", Report(False, "47110", "arrest")),
    # PIN and type alone, in either order.
    ("47110 20", Report(False, "47110", "arrest")),
    ("20 47110 P7 nos pararon", Report(False, "47110", "arrest", people=("P7",), text="nos pararon")),
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
        Report(False, "47110", None, "L7", ("P3",), text="desaparición de P3 en L7 desde anoche"),
    ),
    # Consent is never read wider than it was said.
    ("ALERT 47110 20 C2 C0", Report(False, "47110", "arrest", consent=Scope.INTERNAL)),
    ("ALERT 47110 20 detenidos, C1", Report(False, "47110", "arrest", consent=Scope.NATIONAL, text="detenidos, C1")),
    # What is missing or can't be read is kept.
    ("ALERT", Report(False)),
    ("ALERT 20", Report(False, None, "arrest")),
    ("ALERT 47110", Report(False, "47110")),
    ("ALERT 47110 77 L12", Report(False, "47110", None, "L12", text="77 L12")),
    ("ALERT 4711 20", Report(False, None, "arrest", text="4711 20")),
    ("ALERTA 47110 son 20 hombres", Report(False, "47110", text="son 20 hombres")),
    # A PIN never stays in the text that others may read.
    ("ALERTA nos pararon 47110 en el puente", Report(False, "47110", text="nos pararon en el puente")),
    ("ALERTA 77 47110 nos pararon", Report(False, "47110", text="77 nos pararon")),
]


@pytest.mark.parametrize(("text", "said"), ANSWERS)
def test_an_answer_is_understood(text: str, said: list[tuple[Verb, str | None]]) -> None:
    assert parse_answers(text) == tuple(SmsAnswer(*each) for each in said)


@pytest.mark.parametrize("text", FREE_TEXTS)
def test_a_text_in_doubt_is_no_answer(text: str) -> None:
    """A6: only proof acknowledges; what may mean anything else is read by people."""
    assert parse_answers(text) == ()
    assert parse_answers("4711") != ()


NO_REPORTS = [
    # A slip that makes another word of it, or two slips, is not forgiven.
    *("Aida llegó", "held up at the bridge", "alter ego", "later", "so we go", "hola", "ale", "ayer nada", "side road"),
    # A number alone is no report; nor is a PIN with what is no type, or a type with what is no PIN.
    *("47110", "20", "47110 77", "4711 20", "20 20", "47110 47120"),
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


@pytest.mark.parametrize("text", ["", "todo bien", "4711", "no SOS", "helper"])
def test_a_text_without_the_verb_is_no_report(text: str) -> None:
    assert parse_report(text) is None
    assert parse_report(f"SOS {text}") is not None


@pytest.mark.parametrize("text", ["STOP", "stop.", " Arrêt ", "ARRET", "'Cancel'", "UNSUBSCRIBE"])
def test_the_words_that_end_all_sms_are_recognised(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize("text", ["", "stop it", "don't stop", "START", "HELP", "4711"])
def test_a_sentence_with_such_a_word_is_none(text: str) -> None:
    assert not is_opt_out(text)
    assert is_opt_out("stop")


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("ON 47110", Turn(True, "47110")),
        ("off47110.", Turn(False, "47110")),
        ("Off 471108", Turn(False, "471108")),
        ("ON 4711", None),
        ("ON", None),
        ("ON 47110 until Friday", None),
        ("I am on 47110", None),
    ],
)
def test_a_turn_of_duty_is_a_verb_and_a_pin_and_nothing_else(text: str, turn: Turn | None) -> None:
    """B1: ON and OFF PIN."""
    assert parse_turn(text) == turn


def test_no_verb_is_a_word_of_the_carriers() -> None:
    """B4: STOP, CANCEL, END, QUIT, YES, START, HELP, INFO, ARRET are never ours; HELP is only heard if it arrives."""
    carriers = OPT_OUTS | {"yes", "start", "unstop", "help", "info"}

    assert not carriers & {*VERBS, *ALARMS}
    assert carriers & {*PANIC} == {"help"}


@pytest.mark.parametrize("text", ["47110 SOS L12 they came", "SOS 47110 L12 they came", "47110 S.O.S. L12 they came"])
def test_a_pin_before_the_cry_for_help_says_the_same_as_behind_it(text: str) -> None:
    report = parse_report(text)

    assert report == Report(True, "47110", place="L12", text="they came")


@pytest.mark.parametrize("text", ["47110 we are well", "4711 SOS", "47110 47110"])
def test_digits_before_other_words_report_nothing(text: str) -> None:
    assert parse_report(text) is None
    assert parse_report(f"SOS {text}") is not None
