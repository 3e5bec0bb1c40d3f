"""Templates in the shapes that models carry render to what transformers renders them to."""

import tomllib
from pathlib import Path
from typing import Any

import jinja2
import pytest

from hearth.core import Message, Role
from hearth.engine.templates import TemplateRenderer
from hearth.engine.templates.sandbox import TemplateSandbox, as_template_error

RECORDED = tomllib.loads(Path(__file__).with_name("test_families.toml").read_text("utf-8"))


def variables(conversation: str) -> dict[str, Any]:
    return {
        "messages": RECORDED["conversations"][conversation],
        "tools": None,
        "documents": None,
        "add_generation_prompt": conversation != "answered",
        "bos_token": "<s>",
        "eos_token": "</s>",
    }


def test_there_are_enough_templates_to_mean_something() -> None:
    assert len(RECORDED["template"]) >= 12
    for template in RECORDED["template"]:
        rendered = template["expected"].keys() | template.get("refused", {}).keys()
        assert rendered == RECORDED["conversations"].keys()


@pytest.mark.parametrize("template", RECORDED["template"], ids=lambda template: template["name"])
def test_renders_as_transformers_does(template: dict[str, Any]) -> None:
    sandbox = TemplateSandbox(max_output_bytes=1 << 20)
    for conversation, expected in template["expected"].items():
        assert sandbox.render(template["source"], variables(conversation)) == expected
    for conversation, words in template.get("refused", {}).items():
        with pytest.raises(jinja2.TemplateError) as caught:
            sandbox.render(template["source"], variables(conversation))
        assert words in as_template_error(caught.value).message


async def test_the_whole_way_through_the_child_gives_the_same_text() -> None:
    for template in RECORDED["template"][:3]:
        renderer = TemplateRenderer(
            template["source"],
            bos="<s>",
            eos="</s>",
            architecture="llama",
            special_spellings=("<s>", "</s>", "<|im_start|>"),
        )
        for name, turns in RECORDED["conversations"].items():
            messages = [Message(role=Role(t["role"]), content=t["content"]) for t in turns]
            pieces = await renderer.render(messages, add_generation_prompt=name != "answered")
            assert [piece.parse_special for piece in pieces] == [True]
            assert pieces[0].text == template["expected"][name]
        await renderer.close()
