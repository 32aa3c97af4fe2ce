from domain.games.events import GameEnded, MovePlayed
from tests.games.tables import game, moving, view_of

FULL_WITHOUT_A_LINE = "436014551150160155104632660465204242223333"


def test_a_full_board_without_a_line_is_a_draw() -> None:
    *before, last = map(int, FULL_WITHOUT_A_LINE)

    story = game(*before).when(moving("ben", last)).then(MovePlayed, GameEnded)

    story.with_facts(1, result="draw", winner=None, line=None, moves=42).folds_the_same()
    view = view_of(story)
    assert (view.status, view.result, view.winner, view.to_move) == ("finished", "draw", None, None)
    assert "." not in "".join(view.board)
