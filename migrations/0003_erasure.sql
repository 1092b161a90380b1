-- What is a person's changes and goes only through these: the application's role may add answers, never change or delete
-- them, and it deletes nobody. Each call touches one shard, or what is local, and doing it twice is doing it once.
revoke update, delete on demographic_answer from plenum_app;
revoke delete on person, credential, session, token, participation from plenum_app;

-- A new version of the answers; none for who has been erased. The person's row is held, so that versions come one by one.
create function give_demographics(who uuid, answers bytea, consent text, out version integer, out given_at timestamptz)
    language plpgsql set search_path = public, pg_temp
as $$
begin
    perform from person p where p.person_id = who and p.erased_at is null for no key update;
    if found then
        insert into demographic_answer as d (person_id, version, sealed, consent_version)
        select who, coalesce(max(o.version), 0) + 1, answers, consent from demographic_answer o where o.person_id = who
        returning d.version, d.given_at into version, given_at;
    end if;
end
$$;

-- Destroys the sealed answers and gives them back, so that their keys can be destroyed too; a last version says withdrawn.
create function withdraw_demographics(who uuid) returns setof bytea
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    perform from person p where p.person_id = who for no key update;
    return query select a.sealed from demographic_answer a where a.person_id = who and a.sealed is not null;
    if found then
        update demographic_answer a set sealed = null where a.person_id = who and a.sealed is not null;
        insert into demographic_answer (person_id, version, sealed, consent_version)
        select who, max(a.version) + 1, null, 'withdrawn' from demographic_answer a where a.person_id = who;
    end if;
end
$$;

-- What stays of somebody in a study or community: judgments, votes and proposals under the pseudonym. Of a judgment with
-- words in it also the hash goes, by which they could be guessed.
create function erase_participation(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    mine uuid;
begin
    update participation p set state = case when p.state = 'excluded' then 'excluded' else 'left' end, roles = 0,
        has_standing = false, source_id = null, exclusion_reason = null, quota_cell = null
    where p.shard_key = shard and p.person_id = who
    returning p.participant_id into mine;
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null, expires_at = null,
        shown = null
    where a.shard_key = shard and a.participant_id = mine and a.state = 'leased';
    update judgment j set request_hash = decode(repeat('00', 32), 'hex'), receipt = '', note_sealed = null
    where j.shard_key = shard and j.participant_id = mine and j.note_sealed is not null;
    update judgment j set client = null
    where j.shard_key = shard and j.participant_id = mine and j.client is not null;
    delete from idempotency i where i.shard_key = shard and i.actor in (who, mine);
end
$$;

-- The last step: from then on there is nobody who could sign in. Gives back sealed answers as withdraw_demographics does.
create function erase_person(who uuid) returns setof bytea
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    return query select * from withdraw_demographics(who);
    delete from session s where s.person_id = who;
    delete from token t where t.person_id = who;
    delete from credential c where c.person_id = who;
    update person p set erased_at = coalesce(p.erased_at, now()) where p.person_id = who;
end
$$;

revoke all on function give_demographics, withdraw_demographics, erase_participation, erase_person from public;
grant execute on function give_demographics, withdraw_demographics, erase_participation, erase_person to plenum_app;
