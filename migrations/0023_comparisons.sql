-- What came of a fit that makes no model: a comparison of two models is its card alone.
alter table fit add column result jsonb;
