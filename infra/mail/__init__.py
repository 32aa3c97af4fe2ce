"""Mail by SMTP, and a server that keeps mails where nobody has set another."""
