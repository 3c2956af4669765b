"""What of a mail is judged as its answer: not how a letter ends, nor what lawyers put below it (A6)."""

import pytest

from alertnet.core.inbound.sms_answers import Verb, parse_answers
from alertnet.core.inbound.written_mail import answer_in

NOTICES = (
    "AVISO LEGAL: Este mensaje es confidencial. Si no es usted el destinatario, le informamos de que está prohibida\n"
    "cualquier utilización o copia. No imprima este correo si no es necesario. Gracias por su colaboración.",
    "This message is confidential and for the intended recipient only. If you are not the recipient you must not\n"
    "copy, forward or disclose it. Please delete it and notify the sender. Nothing in it binds the Ministry.",
    "Ce message est confidentiel. Si vous n'êtes pas le destinataire, merci de ne pas le diffuser, de le supprimer\n"
    "et d'avertir l'expéditeur. L'intégrité de ce message n'étant pas assurée, nous ne pouvons en répondre.",
    "Diese E-Mail ist vertraulich. Wenn Sie nicht der Empfänger sind, dürfen Sie sie nicht verwenden. Bitte\n"
    "informieren Sie den Absender und löschen Sie sie. Keine Haftung für Schäden durch Viren aller Art.",
    "Esta mensagem é confidencial. Se não for o destinatário, não a copie nem divulgue; apague-a e avise o\n"
    "remetente. Não imprima sem necessidade. O ministério não responde pelo seu conteúdo nem por vírus.",
    "Please don't print this e-mail unless you really need to.",
    "¿Necesita imprimir este correo? Piense en el medio ambiente.",
    "No virus found in this message.\nChecked by AVG",
)


@pytest.mark.parametrize("notice", NOTICES)
def test_a_legal_notice_takes_no_code_back(notice: str) -> None:
    words = f"4711\n\nLlamamos al ministerio.\n\n{notice}"

    assert parse_answers(words) == ()
    assert [(each.verb, each.code) for each in parse_answers(answer_in(words))] == [(Verb.OK, "4711")]


@pytest.mark.parametrize(
    "closing",
    [
        *("Saludos cordiales,", "Atentamente", "Cordialement,", "Bien à vous,", "Best regards,", "Yours sincerely,"),
        *(
            "Mit freundlichen Grüßen",
            "MfG",
            "Atenciosamente,",
            "Abraço,",
            "Sent from my iPhone",
            "Enviado desde mi móvil",
            "Enviado do meu iPhone",
            "Envoyé de mon iPhone",
            "Envoyé à partir d'Outlook pour Android",
            "Von meinem iPhone gesendet",
            "Gesendet mit der Telekom Mail App",
            "Obtener Outlook para iOS<https://aka.ms/o0ukef>",
            "Télécharger Outlook pour Android",
            "Sent with Proton Mail secure email.",
            "تم الإرسال من الـ iPhone الخاص بي",
            "الحصول على Outlook لـ Android<https://aka.ms/AAb9ysg>",
            "Отправлено с iPhone",
            "SENSITIVE BUT UNCLASSIFIED",
        ),
    ],
)
def test_who_signs_and_where_it_sits_takes_no_code_back(closing: str) -> None:
    words = f"Buenas noches: OK 4711\n{closing}\nJuan Pérez\nCra. 9 No. 94-37, no. 2345\nTel. +57 601 2345 6789"

    assert parse_answers(words) == ()
    assert [(each.verb, each.code) for each in parse_answers(answer_in(words))] == [(Verb.OK, "4711")]


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links or open attachments\n"
        "unless you recognize the sender.",
        "PRECAUCIÓN: Este correo se originó fuera de la organización. No haga clic en enlaces ni abra adjuntos.",
        "ATTENTION : message externe. Ne cliquez pas sur les liens et n'ouvrez pas les pièces jointes.",
        "ACHTUNG: externer Absender. Klicken Sie nicht auf Links und öffnen Sie keine Anhänge.",
        "CUIDADO: e-mail de fora da organização. Não clique em links nem abra anexos.",
    ],
)
def test_what_our_own_mail_server_warns_of_above_an_answer_takes_no_code_back(banner: str) -> None:
    """Each answer that it let in was left to people."""
    for parts in ("\n", "\n\n"):
        said, doubt = f"{banner}{parts}4711", f"{banner}{parts}No podemos antes del lunes.\n\n4711"
        assert [(each.verb, each.code) for each in parse_answers(answer_in(said))] == [(Verb.OK, "4711")]
        assert parse_answers(answer_in(doubt)) == parse_answers(said) == ()


@pytest.mark.parametrize(
    "signature",
    [
        "Ana Ruiz\nConsejera de Derechos Humanos\nCalle 92 No. 12-68, no. 2345\n\n¿Dudas? Escriba a dh@es.example",
        "Ana Ruiz | First Secretary (Political) | British Embassy\nCarrera 9 No 76-49, Piso 8 | Tel: +57 601 326 8300",
        "Embassy of Spain\nBogotá, Colombia\n\nI do not work on Fridays.",
    ],
)
def test_a_signature_without_a_closing_formula_takes_no_code_back(signature: str) -> None:
    """Mail programs put it below a bare code, and Colombian addresses hold a No."""
    words = f"4711\n\n{signature}"

    assert parse_answers(words) == ()
    assert [(each.verb, each.code) for each in parse_answers(answer_in(words))] == [(Verb.OK, "4711")]


@pytest.mark.parametrize(
    "words",
    [
        "4711\n\nNo podemos antes del lunes.\n\n" + NOTICES[0],
        "4711, but not before Monday\nBest regards,\nJuan",
        "4711\n\nDear Ana Lopez\nWe can't do it before 10 May",
        "4711\n\nDear Ana Lopez,\n\nWe Are Not In Bogotá\nPlease Call La Paz",
        "4711\n\nAna Ruiz\n\nNo podemos.",
        "4711\n\nNO PODEMOS\nLLAME AL CÓNSUL",
        "4711\n\nEste mensaje no es para nosotros.",
        "4711\nSaludos,\nJuan\n\nPD: no podemos antes del lunes",
        "4711\n\nSaludos,\n\nNo podemos hasta el lunes.",
        "Saludos\nno podemos\n4711",
        "We can't do it, we are outside the country; a click on the link shows nothing.\n\n4711",
        "We never open attachments from outside, and can't act.\n\n4711",
        "4711\nNo 100% seguro de poder ir",
        "4711\nIch habe den Eindruck, die Mail ist nicht für uns",
        "4711\nWe could not print the message, and can't do it",
        "4711\nSent this to our colleague; we can't do it ourselves",
        "4711\nEnviado al cónsul, yo no estoy de turno",
        "4711\nEnvoyé au consul, je ne peux pas",
        "4711\nGesendet an Kollegen, bin nicht zuständig",
        "4711\n\nThis message has reached the wrong addressee. We are not responsible for Colombia any more,\n"
        "and can do nothing there; please contact our embassy in Quito instead, they know the region and the people.",
        "4711\n\nEste correo no llegó al destinatario correcto: ya no nos ocupamos de Colombia desde enero y no\n"
        "podemos hacer nada en este caso; por favor escriban a nuestra embajada en Quito, que conoce la región.",
        NOTICES[0],
        "",
    ],
)
def test_what_a_person_says_beside_the_code_is_judged(words: str) -> None:
    assert parse_answers(answer_in("4711")) != ()
    assert parse_answers(answer_in(words)) == ()


def test_a_greeting_before_the_code_hides_nothing() -> None:
    assert [each.code for each in parse_answers(answer_in("Saludos,\nOK 4711\nJuan"))] == ["4711"]
