-- What a person was told of pay, time and conditions when they agreed to take part: {version, pay, minutes, ...}. It stays
-- as it was then, whatever the study says later. Nothing in it is about the person.
alter table participation add column conditions jsonb;
