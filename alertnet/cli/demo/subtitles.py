"""What is said in other languages, noted in English for whoever looks on and reads none of them."""

from dataclasses import replace

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.notification import Kind
from alertnet.messages.message import Message, Script
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates

ENGLISH = "en"


class Subtitles:
    """The English of every SMS and every sentence of a call that was rendered, by its words."""

    def __init__(self) -> None:
        self._english: dict[str, str] = {}

    def of(self, text: str) -> str | None:
        """What those words mean; None where they are English, or nobody's but the writer's own."""
        return self._english.get(" ".join(text.split()))

    def note(self, text: str, english: str) -> None:
        """Remember what the words mean."""
        if text != english:
            self._english[" ".join(text.split())] = english

    def renderer(self, templates: Templates) -> Renderer:
        """A renderer of those templates that notes what everything means."""
        return _Subtitled(templates, self)


class _Subtitled(Renderer):
    """Says everything as it is said, and once more in English for the subtitles."""

    def __init__(self, templates: Templates, subtitles: Subtitles) -> None:
        super().__init__(templates)
        self._subtitles = subtitles

    def render(self, kind: Kind, method: MethodKind, language: str, said: Said) -> Message:
        message = super().render(kind, method, language, said)
        if method is MethodKind.SMS:
            self._subtitles.note(message.text, super().render(kind, method, ENGLISH, said).text)
        return message

    def speak(self, kind: Kind, language: str, said: Said) -> Script:
        script = super().speak(kind, language, said)
        self._note(script, super().speak(kind, ENGLISH, said))
        return script

    def neutral(self, language: str, ref: str = "", callback: str = "") -> Script:
        script = super().neutral(language, ref, callback)
        self._note(script, super().neutral(ENGLISH, ref, callback))
        return script

    def _note(self, script: Script, english: Script) -> None:
        alike = replace(english, foreign=script.foreign)
        for stage in script.sentences.keys() & english.sentences.keys():
            said, meant = script.spoken(script.sentences[stage]), alike.spoken(english.sentences[stage])
            for (piece, _), (meaning, _) in zip(said, meant, strict=False):
                self._subtitles.note(piece, meaning)
            # Where one language pauses more often than the other, the parts beyond have no counterpart.
            for part, meaning in zip(script.parts(stage), english.parts(stage), strict=False):
                self._subtitles.note(part, meaning)
