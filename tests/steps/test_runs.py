"""What a run leaves, found again by name; and where it lies."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from story import Story

from faultcast.adapters import runs
from faultcast.adapters.places import Places, is_url, repo_id, state_folder
from faultcast.adapters.repositories import canonical, opened, pseudonyms
from faultcast.errors import NotARepository, NotFound, UsageError
from faultcast.settings import Settings


def saved(home: Path, location: str, **artifacts: str) -> runs.Run:
    places = Places(home, location)
    run = runs.Run(location, places.repo_id, "0" * 40, 1, str(places.report), artifacts, time.time())
    runs.save(run, places)
    return run


def test_the_last_run_is_the_last_of_its_repository_or_of_all(tmp_path: Path) -> None:
    first = saved(tmp_path, "/somewhere/shop")
    time.sleep(0.02)  # file systems tell times in steps
    second = saved(tmp_path, "https://example.org/shop.git")
    assert runs.last(tmp_path, "/somewhere/shop") == first
    assert runs.last(tmp_path, None) == second
    with pytest.raises(NotFound, match=r"found no finished run on /elsewhere here\. Type `faultcast run /elsewhere`"):
        runs.last(tmp_path, "/elsewhere")


def test_a_runs_own_promotion_is_news_to_every_other_run(tmp_path: Path) -> None:
    """Else the same run twice would never be reused, or an old comparison would be."""
    assert runs.champion_before(tmp_path, "/shop", "", "revision 1") == ""
    first = replace(saved(tmp_path, "/shop"), champion_before="", champion_after="a", asked="revision 1")
    runs.save(first, Places(tmp_path, "/shop"))

    assert runs.champion_before(tmp_path, "/shop", "a", "revision 1") == "", "the same run again"
    assert runs.champion_before(tmp_path, "/shop", "b", "revision 1") == "b", "somebody promoted or rolled back"
    assert runs.champion_before(tmp_path, "/shop", "a", "revision 2") == "a", "other changes meet this champion"


def test_an_artifact_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    run = saved(tmp_path, "/shop", **{"mine/history": str(tmp_path / "here"), "label/links": str(tmp_path / "gone")})
    assert run.artifact("mine/history") == tmp_path / "here"
    for name in ("label/links", "never/made"):
        with pytest.raises(NotFound, match=f"{name} of the last run is gone. Run `faultcast run /shop` again"):
            run.artifact(name)


def test_state_is_named_after_the_repository() -> None:
    assert repo_id("/a/shop") != repo_id("/b/shop")
    assert repo_id("/a/shop/").startswith("shop-")
    assert Path(repo_id('/a/it\'s "odd"\nné\udce9')).name == repo_id('/a/it\'s "odd"\nné\udce9')


def test_what_is_a_url() -> None:
    assert all(map(is_url, ("https://example.org/a", "ssh://host/a", "git@host:a/b.git", "ext::sh -c id", "file:///a")))
    assert not any(map(is_url, ("/a/b", "a", "../a:b/c", "C", "./a@b:c")))


def test_a_path_is_made_absolute_and_followed(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story.commit("one", files={"a": "1"})
    (tmp_path / "link").symlink_to(story.path)
    monkeypatch.chdir(story.path)
    assert canonical(".") == canonical(str(tmp_path / "link")) == str(story.path.resolve())
    with pytest.raises(NotARepository):
        canonical(str(tmp_path))


def test_pseudonyms_stay_the_same(story: Story, tmp_path: Path) -> None:
    tip = story.commit("one", files={"a": "1"})
    now = Settings(home=tmp_path / "home")
    with opened(str(story.path), now) as repository:
        first = repository.commit(tip, pseudonyms(now)).author
        assert repository.commit(tip, pseudonyms(now)).author == first
        assert repository.commit(tip, pseudonyms(Settings(home=tmp_path / "another"))).author != first


def test_a_state_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with pytest.raises(UsageError, match="set FAULTCAST_HOME to a folder that can be written"):
            state_folder(home)
    assert state_folder(tmp_path / "a" / "b").is_dir()
