-- What happened later, for studies that show it: {"text": ..., "simulated": true or false}. It is no part of what an item is
-- known by, as its warning is none.
alter table item add column later jsonb;
