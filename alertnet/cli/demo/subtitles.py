"""English subtitles for messages in other languages."""

from dataclasses import replace

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.notification import Kind
from alertnet.messages.message import CallScript, Message
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates

ENGLISH = "en"


class Subtitles:
    """The English of every rendered SMS and call sentence, by its text."""

    def __init__(self) -> None:
        self._english: dict[str, str] = {}

    def of(self, text: str) -> str | None:
        """The English of that text; None where it is English itself, or was written by a person."""
        return self._english.get(" ".join(text.split()))

    def note(self, text: str, english: str) -> None:
        if text != english:
            self._english[" ".join(text.split())] = english

    def renderer(self, templates: Templates) -> Renderer:
        """A renderer of those templates that notes the English of everything."""
        return _Subtitled(templates, self)


class _Subtitled(Renderer):
    """Renders everything twice: in its language, and in English for the subtitles."""

    def __init__(self, templates: Templates, subtitles: Subtitles) -> None:
        super().__init__(templates)
        self._subtitles = subtitles

    def render(self, kind: Kind, method: MethodKind, language: str, said: Said, *, reads_mail: bool = False) -> Message:
        message = super().render(kind, method, language, said, reads_mail=reads_mail)
        if method is MethodKind.SMS:
            self._subtitles.note(message.text, super().render(kind, method, ENGLISH, said).text)
        return message

    def speak(self, kind: Kind, language: str, said: Said) -> CallScript:
        script = super().speak(kind, language, said)
        self._note(script, super().speak(kind, ENGLISH, said))
        return script

    def neutral(self, language: str, ref: str = "", callback: str = "") -> CallScript:
        script = super().neutral(language, ref, callback)
        self._note(script, super().neutral(ENGLISH, ref, callback))
        return script

    def _note(self, script: CallScript, english: CallScript) -> None:
        alike = replace(english, foreign=script.foreign)
        for stage in script.sentences.keys() & english.sentences.keys():
            said, meant = script.spoken(stage), alike.spoken(stage)
            for (piece, _), (meaning, _) in zip(said, meant, strict=False):
                self._subtitles.note(piece, meaning)
            # Where the languages pause at different places, parts without a counterpart are left out.
            for part, meaning in zip(script.parts(stage), english.parts(stage), strict=False):
                self._subtitles.note(part, meaning)
