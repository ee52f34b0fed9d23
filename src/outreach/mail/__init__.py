"""Mail: what leaves by SMTP, recorded before and after so that nothing is sent twice."""
