"""HTTP: routes, logins, uploads, problem+json."""
