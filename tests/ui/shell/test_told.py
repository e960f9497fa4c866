from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    from core.errors import SettingError
    from ui.shell.frame import told

    with told():
        raise SettingError("Give them with --units, beside --heal {metres:g}.", metres=2.0)


def test_an_option_is_called_by_the_box_that_stands_for_it() -> None:
    at = AppTest.from_function(page).run()
    (said,) = [error.value.replace("\\", "") for error in at.error]
    assert "--units" not in said and "行政单元（可选，含层级和名称）" in said
    assert "--heal 2" in said  # no box stands for it
