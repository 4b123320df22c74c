"""Which commit runs, as bot_build_info tells."""

from __future__ import annotations

from pathlib import Path

from gmbot.bootstrap.commit import commit_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def checkout(root: Path, head: str, **files: str) -> Path:
    """Return a folder that looks like a checkout."""
    (root / ".git" / "refs" / "heads").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text(head + "\n")
    for name, text in files.items():
        (root / ".git" / name.replace("__", "/").replace("_refs", "-refs")).write_text(text)
    return root


def test_a_branch_is_followed(tmp_path: Path) -> None:
    """HEAD names a branch, whose file has the commit."""
    assert commit_of(checkout(tmp_path, "ref: refs/heads/main", refs__heads__main=COMMIT)) == COMMIT[:12]


def test_a_packed_branch_is_found(tmp_path: Path) -> None:
    """Git packs what it has not touched for long."""
    packed = f"# pack-refs with: peeled\n{COMMIT[::-1]} refs/heads/other\n{COMMIT} refs/heads/main\n"
    assert commit_of(checkout(tmp_path, "ref: refs/heads/main", packed_refs=packed)) == COMMIT[:12]


def test_a_branch_that_is_nowhere_is_unknown(tmp_path: Path) -> None:
    """A repository without any commit yet."""
    assert commit_of(checkout(tmp_path, "ref: refs/heads/main", packed_refs="")) == "unknown"


def test_a_detached_head_is_the_commit(tmp_path: Path) -> None:
    """As build machines have it."""
    assert commit_of(checkout(tmp_path, COMMIT)) == COMMIT[:12]


def test_an_installed_package_has_no_commit(tmp_path: Path) -> None:
    """No git, no guess."""
    assert commit_of(tmp_path) == "unknown"
