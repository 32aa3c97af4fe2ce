"""People's feeds: what adds entries to them."""
