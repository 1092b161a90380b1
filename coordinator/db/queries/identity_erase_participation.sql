select erase_participation($1::bigint, $2::uuid), erase_chats($1::bigint, $2::uuid), erase_guideline_reads($1::bigint, $2::uuid),
    erase_gold($1::bigint, $2::uuid), erase_reports($1::bigint, $2::uuid), erase_words($1::bigint, $2::uuid),
    erase_submission($1::bigint, $2::uuid), erase_statements($1::bigint, $2::uuid)
