"""What waiting rooms need from outside, for the API and for who looks for absentees."""
