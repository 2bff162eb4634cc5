"""Plain English is told without the model, and nothing else is taken for it."""

from __future__ import annotations

from importlib import import_module

import pytest

from ci_core.research.normalise.language import language

# By its name: the package gives the function under it.
module = import_module("ci_core.research.normalise.language")

ENGLISH = (
    "We show that the implied volatility of short options is higher than what they would need to pay for the risk, and "
    "test this with data from twelve years.",
    "A small library for option chains\nIt reads the quotes of a broker, and prices them with Black-Scholes. You can "
    "use it from Python or from the command line, with the same settings.",
    "How do your tools warn you when a covered call goes into the money before the dividend, and what do you do then? "
    "I have been assigned twice this year.",
)
OTHERS = {
    "de": "Wir zeigen, dass die implizite Volatilität kurzer Optionen höher ist als nötig, und prüfen das an Daten aus "
    "zwölf Jahren. Was ist die Folge für den Handel mit Wochenoptionen in Frankfurt und was nicht?",
    "fr": "Nous montrons que la volatilité implicite des options courtes est plus élevée que nécessaire, et nous le "
    "vérifions avec des données de douze ans sur les marchés de Paris et de Londres.",
    "es": "Mostramos que la volatilidad implícita de las opciones cortas es más alta de lo necesario, y lo comprobamos "
    "con datos de doce años de los mercados de Madrid y de Londres.",
    "nl": "Wij laten zien dat de impliciete volatiliteit van korte opties hoger is dan nodig, en toetsen dit met data "
    "van twaalf jaar. Is dit van belang voor wie in weekopties handelt, of is het te klein?",
    "pl": "Pokazujemy, że zmienność implikowana krótkich opcji jest wyższa niż potrzeba, i sprawdzamy to na danych z "
    "dwunastu lat. Czy to ma znaczenie dla tych, którzy handlują opcjami tygodniowymi?",
    "ja": "短期オプションのインプライド・ボラティリティは必要以上に高いことを示し、十二年間のデータで検証します。",
}  # fmt: skip
QUOTING = (
    "Der Aufsatz “The pricing of options and corporate liabilities” von Black und Scholes erklärt, wie man Optionen "
    "bewertet. Wir besprechen ihn am Montag im Seminar und rechnen die Beispiele gemeinsam nach."
)
MIXED = [
    *ENGLISH,
    *OTHERS.values(),
    QUOTING,
    "grpc-go\nThe Go language implementation of gRPC. HTTP/2 based RPC.",
    "v2.3.0",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_plain_english_needs_no_model(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_identifier", lambda: pytest.fail("the model was asked"))

    assert language(text) == "en"


@pytest.mark.parametrize("code", OTHERS)
def test_other_languages_are_told(code: str) -> None:
    assert language(OTHERS[code]) == code


def test_the_answers_are_those_of_the_model_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [language(text) for text in MIXED]
    monkeypatch.setattr(module, "_plainly_english", lambda _: False)

    assert found == [language(text) for text in MIXED]
    assert language(QUOTING) == "de"
