-- Leaving gives back what was leased; judgments made stay, under the pseudonym.
select mine from leave_participation($1::bigint, $2::uuid) mine where mine is not null
