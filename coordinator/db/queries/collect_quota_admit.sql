-- Places for participant $2, by version $3 of their answers, in the cells $4 (in hex); false when one is full, null when the
-- study has changed since setup $5.
select admit_to_quota($1::bigint, $2::uuid, $3::integer, array(select decode(c, 'hex') from unnest($4::text[]) c),
    $5::integer)
