"""A stated problem: request and table become rows as numbers, with everything refused that no search can answer."""
