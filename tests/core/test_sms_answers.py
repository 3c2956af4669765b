"""How an answer may be texted to us: this table is the manual for those who are told (B4)."""

import pytest

from alertnet.core.inbound.sms_answers import (
    OPT_OUTS,
    VERBS,
    DutyChange,
    SmsAnswer,
    Verb,
    is_opt_out,
    parse_answers,
    parse_duty_change,
)

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
    ("OK 4711, he pasado el aviso al ministro", [(OK, "4711", "he pasado el aviso al ministro")]),
    ("4711 vamos en camino", [(OK, "4711", "vamos en camino")]),
    ("4711 je m'en occupe", [(OK, "4711", "je m'en occupe")]),
    ("4711 Recibido, gracias.", [(OK, "4711", "Recibido, gracias.")]),
    # Its digits stand apart, or are letters that look alike.
    ("4 7 1 1", [(OK, "4711")]),
    ("47 11", [(OK, "4711")]),
    ("no 4 711", [(NO, "4711")]),
    ("OK 47I1", [(OK, "4711")]),
    ("O932 merci", [(OK, "0932", "merci")]),
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
    ("OK 4711 y 5823", [(OK, "4711"), (OK, "5823")]),
    ("4711 and NO 5823", [(OK, "4711"), (NO, "5823")]),
    ("OK 4711 et merci", [(OK, "4711", "et merci")]),
    ("NO 4711 5823", [(NO, "4711"), (NO, "5823")]),
    ("ok 4711\ndone 4711 visited", [(OK, "4711"), (DONE, "4711", "visited")]),
    ("DONE 4711 and 5823", [(DONE, "4711"), (DONE, "5823")]),
    ("HECHO 4711, 5823 y 5824", [(DONE, "4711"), (DONE, "5823"), (DONE, "5824")]),
    ("FAIT 4711, NON 5823 en voyage", [(DONE, "4711"), (NO, "5823", "en voyage")]),
    ("DONE 4711 1430 called the minister", [(DONE, "4711", "1430 called the minister")]),
    # A coordinator decides.
    ("GO 5823", [(GO, "5823")]),
    ("go5823", [(GO, "5823")]),
    ("HOLD 5823", [(HOLD, "5823")]),
    ("ATTENDRE 5823", [(HOLD, "5823")]),
    ("ESPERA 5823", [(HOLD, "5823")]),
    ("WARTEN 5823", [(HOLD, "5823")]),
    ("AGUARDAR 5823", [(HOLD, "5823")]),
    ("wait 5823", [(HOLD, "5823")]),
    ("GO 5823 HOLD 5824", [(GO, "5823"), (HOLD, "5824")]),
    ("4711 4712 4713", [(OK, "4711"), (OK, "4712"), (OK, "4713")]),
    # Words come first: then the only code in it counts, by the verb right before it.
    ("Buenas noches, OK 4711", [(OK, "4711")]),
    ("my answer is 4711, thanks", [(OK, "4711", "thanks")]),
    ("ok ok 4711", [(OK, "4711")]),
    ("OK 4711, sorry for the delay", [(OK, "4711", "sorry for the delay")]),
    ("Good evening, ok 4711, the minister is told", [(OK, "4711", "the minister is told")]),
    ("YES 4711", [(OK, "4711")]),
    ("Sorry, NO 4711", [(NO, "4711")]),
    ("24.11.2026: 4711", [(OK, "4711")]),
    ("el 24 de noviembre de 2026: 4711", [(OK, "4711")]),
    ("Guten Morgen, 4711", [(OK, "4711")]),
    ("4711 espere un momento", [(OK, "4711", "espere un momento")]),
    ("4711 we ask the minister tomorrow", [(OK, "4711", "we ask the minister tomorrow")]),
    ("This is the consulate in Bogotá, our lawyer goes there now, 4711", [(OK, "4711")]),
    ("Boa noite, recebido: 4711", [(OK, "4711")]),
    ("Boa tarde, 4711", [(OK, "4711")]),
    ("desde luego 4711", [(OK, "4711")]),
    ("OK 4711 mañana", [(OK, "4711", "mañana")]),
    ("DONE 4711 tomorrow", [(DONE, "4711", "tomorrow")]),
    # What it asks of nobody else, it does itself.
    ("4711 I will call the minister", [(OK, "4711", "I will call the minister")]),
    ("ya llamé al ministro 4711", [(OK, "4711")]),
    ("4711, wir rufen den Minister an", [(OK, "4711", "wir rufen den Minister an")]),
    ("OK 4711, call my colleague for details", [(OK, "4711", "call my colleague for details")]),
    ("we leave now, 4711", [(OK, "4711")]),
    ("Nous nous en chargeons, merci, 4711", [(OK, "4711")]),
    ("Me hago cargo. Código 4711", [(OK, "4711")]),
    ("Wir übernehmen: 4711", [(OK, "4711")]),
    ("+573005550101 4711", [(OK, "4711")]),
    ("A-7K3M: OK 4711", [(OK, "4711")]),
    ("RE A-7K3M: 4711", [(OK, "4711")]),
    ("\u041e\u041a 4711", [(OK, "4711")]),
    ("4711 \u039f\u039a", [(OK, "4711")]),
    ("Buenas noches, ayuda en camino, OK 4711", [(OK, "4711")]),
    ("Hello, help is not possible, NO 4711", [(NO, "4711")]),
    ("👍 4711", [(OK, "4711")]),
    # One word in the verb's place, known here or not.
    ("Recibido 4711", [(OK, "4711")]),
    ("sí, 4711", [(OK, "4711")]),
    ("Ja 4711 wir fahren los", [(OK, "4711", "wir fahren los")]),
    ("d'accord 4711", [(OK, "4711")]),
    ("Hola 4711", [(OK, "4711")]),
    ("code 4711", [(OK, "4711")]),
    ("voy 4711", [(OK, "4711")]),
    ("ACK 4711", [(OK, "4711")]),
    ("visto 4711", [(OK, "4711")]),
    ("bestätigt 4711", [(OK, "4711")]),
    ("ol 4711", [(OK, "4711")]),
    ("ya 4711", [(OK, "4711")]),
    ("Bon, 4711", [(OK, "4711")]),
    ("Nr. 4711", [(OK, "4711")]),
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
    "4711?",
    "??? 4711",
    "OK 4711?",
    "Hola, necesitamos ayuda 4711",
    "qui êtes-vous 4711",
    "4711 qui est-ce",
    # It is said to be no matter at all, or is said in signs that nobody here can read.
    "false alarm 4711",
    "es una falsa alarma 4711",
    "4711 fausse alerte",
    "لا 4711",
    "4711 لا أستطيع",
    "нет 4711",
    # It was passed on, is taken back, or nobody is there: no word takes charge, and one may say the contrary.
    "ya lo pasé al delegado 4711",
    "4711 lo pasé al coronel",
    "J'ai transmis au préfet, 4711",
    "I have passed this on to my colleague 4711",
    "já repassei ao cônsul 4711",
    "habe es weitergeleitet 4711",
    "remitido al ministerio 4711",
    "je refuse 4711",
    "4711 refused",
    "4711 sorry",
    "4711 lo siento mucho",
    "4711 désolé",
    "es tut mir leid 4711",
    "4711 desculpe",
    "4711 nobody here",
    "4711 nadie disponible",
    "4711 niemand da",
    "4711 falsche Nummer",
    "4711 what is this",
    "4711 wer sind Sie",
    "4711 occupé",
    "mauvais numéro 4711",
    "unable to act 4711",
    "4711 unable",
    "contacten al cónsul 4711",
    "4711 ocupado, llamen al embajador",
    "la oficina está cerrada 4711",
    "4711 cerrado hasta el lunes",
    "I received 4711 by mistake",
    "annule 4711",
    "falsche Nummer 4711",
    "número errado 4711",
    "recibí este mensaje por error 4711",
    "code 4711 invalide",
    "dejen de enviarme mensajes 4711",
    # Somebody else is to be asked, or sees to it.
    "call my colleague 4711",
    "please call 07700 900999, 4711",
    "4711 ask the duty officer",
    "Hello, try the consul: 4711",
    "llame a mi colega 4711",
    "4711 hablen con el director",
    "Buenas noches, por favor llamen al cónsul 4711",
    "mi colega se encarga 4711",
    "appelez mon collègue 4711",
    "4711 voyez avec le consul",
    "rufen Sie den Konsul an 4711",
    "4711 mein Kollege ist zuständig",
    "ligue para o cônsul 4711",
    "4711 fale com o meu colega",
    "4711 comuníquese con la alcaldía",
    "4711 please forward to the ambassador",
    "écrivez au consul 4711",
    "4711 bitte schreiben Sie dem Konsul",
    # Perhaps.
    "4711 maybe",
    "quizás 4711",
    "4711 peut-être",
    "4711 vielleicht",
    "tal vez 4711",
    "4711 talvez",
    # Not now, and nothing else.
    "4711 later",
    "later 4711",
    "4711 tomorrow morning",
    "4711 I'll look at it tomorrow",
    "4711 in the morning",
    "4711 mañana",
    "4711 más tarde",
    "luego lo veo 4711",
    "4711 el lunes",
    "4711 plus tard",
    "demain matin 4711",
    "4711 morgen früh",
    "4711 später",
    "amanhã 4711",
    "4711 depois",
    "GO 5823 tomorrow",
    "GO 5823 más tarde",
    # One word in the verb's place: a NO with a slip, or one of another kind, or the key of a call for it.
    "N0 4711",
    "np 4711",
    "mo 4711",
    "nom 4711",
    "nien 4711",
    "nah 4711",
    "negativo 4711",
    "nel, 4711",
    "malade 4711",
    "3 4711",
    "4711 n0",
    "4711 negativo",
    "4711 nah",
    "estoy enfermo 4711",
    "bin krank 4711",
    "que es esto 4711",
    "was ist das 4711",
    "o que é isso 4711",
    "laissez-moi tranquille 4711",
    "leave me alone 4711",
    "borre mi número 4711",
    # Away, in two words.
    "I am on leave 4711",
    "4711 estoy de viaje",
    "je suis en voyage 4711",
    "4711 estou em viagem",
    "4711 off duty",
    # No, where nobody here speaks the language.
    "hapana 4711",
    "4711 siwezi",
    "tidak bisa 4711",
    "ich gebe es weiter 4711",
    "4711 cancelar por favor",
    "OK 4711 annulez",
    "estoy de vacaciones 4711",
    "je suis en congé, 4711",
    "4711 estou de férias",
    "4711 5823 no",
    "GO 5823? not sure",
    "done, we called the ministry",
    "47110",
    "471",
    "OK 1999",
    "2026",
    # A yes and a no.
    "OK 4711 NO 4711",
    "NEIN 4711 OK 4711",
    "JA und NEIN 4711",
    "yes, no 4711",
    # It wants to hear no more, is somebody else, or asks for what no code does.
    "STOP 4711",
    "4711 wrong number",
    "Número equivocado 4711",
    "CLOSE 4711",
    # Digits that are no code.
    "OK 18:30",
    "47 11 personas",
    "l012",
    "5 6",
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


@pytest.mark.parametrize(("text", "said"), ANSWERS)
def test_an_answer_is_understood(text: str, said: list[tuple[Verb, str | None]]) -> None:
    assert parse_answers(text) == tuple(SmsAnswer(*each) for each in said)


@pytest.mark.parametrize("text", FREE_TEXTS)
def test_a_text_in_doubt_is_no_answer(text: str) -> None:
    """A6: only proof acknowledges; what may mean anything else is read by people."""
    assert parse_answers(text) == ()
    assert parse_answers("4711") != ()


@pytest.mark.parametrize("text", ["STOP", "stop.", " Arrêt ", "ARRET", "'Cancel'", "UNSUBSCRIBE"])
def test_the_words_that_end_all_sms_are_recognised(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize("text", ["", "stop it", "don't stop", "START", "HELP", "4711"])
def test_a_sentence_with_such_a_word_is_none(text: str) -> None:
    assert not is_opt_out(text)
    assert is_opt_out("stop")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("ON 47110", DutyChange(True, "47110")),
        ("off47110.", DutyChange(False, "47110")),
        ("Off 471108", DutyChange(False, "471108")),
        ("ON 4711", None),
        ("ON", None),
        ("ON 47110 until Friday", None),
        ("I am on 47110", None),
    ],
)
def test_a_turn_of_duty_is_a_verb_and_a_pin_and_nothing_else(text: str, change: DutyChange | None) -> None:
    """B1: ON and OFF PIN."""
    assert parse_duty_change(text) == change


def test_no_verb_is_a_word_of_the_carriers() -> None:
    """B4: STOP, CANCEL, END, QUIT, YES, START, HELP, INFO, ARRET are never ours."""
    assert not {*VERBS} & {*OPT_OUTS, "yes", "start", "unstop", "help", "info"}
    assert VERBS["ok"] is OK
