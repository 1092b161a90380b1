-- A guideline is a text, or an object of texts by language.
alter table guideline alter column text type jsonb using to_jsonb(text);
