"""What every section of config.yaml is built on, and the words that several of them share.

Which file and which variables the values come from is bot/config/settings.py's part; import them from there.
A value that would only fail later, when a question is asked, is refused in its section with a sentence that
says what it must be.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "en"]
OperatingPoint = Literal["quiet", "balanced", "eager"]


class SettingsSection(BaseModel):
    """Never changes; an unknown key is an error; what was given is not quoted in errors: it may be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
