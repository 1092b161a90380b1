-- Made by 'make schema' from migrations/; do not edit. A test compares it with a freshly migrated database.
CREATE FUNCTION public.erase_participation(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

ALTER FUNCTION public.erase_participation(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_person(who uuid) RETURNS SETOF bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    return query select * from withdraw_demographics(who);
    delete from session s where s.person_id = who;
    delete from token t where t.person_id = who;
    delete from credential c where c.person_id = who;
    update person p set erased_at = coalesce(p.erased_at, now()) where p.person_id = who;
end
$$;

ALTER FUNCTION public.erase_person(who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    perform from person p where p.person_id = who and p.erased_at is null for no key update;
    if found then
        insert into demographic_answer as d (person_id, version, sealed, consent_version)
        select who, coalesce(max(o.version), 0) + 1, answers, consent from demographic_answer o where o.person_id = who
        returning d.version, d.given_at into version, given_at;
    end if;
end
$$;

ALTER FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) OWNER TO plenum_owner;

CREATE FUNCTION public.withdraw_demographics(who uuid) RETURNS SETOF bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

ALTER FUNCTION public.withdraw_demographics(who uuid) OWNER TO plenum_owner;

CREATE TABLE public.amendment (
    shard_key bigint NOT NULL,
    amendment_id uuid NOT NULL,
    base_version integer NOT NULL,
    operations jsonb NOT NULL,
    rationale text NOT NULL,
    proposer uuid NOT NULL,
    state text NOT NULL,
    cost integer NOT NULL,
    rule jsonb NOT NULL,
    opens_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    n_yes integer DEFAULT 0 NOT NULL,
    n_no integer DEFAULT 0 NOT NULL,
    n_abstain integer DEFAULT 0 NOT NULL,
    outcome jsonb,
    balance integer NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT amendment_state_check CHECK ((state = ANY (ARRAY['open'::text, 'adopted'::text, 'rejected'::text, 'withdrawn'::text, 'review'::text])))
);

ALTER TABLE public.amendment OWNER TO plenum_owner;

CREATE TABLE public.assignment (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    n smallint NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    order_key bigint NOT NULL,
    n_responses smallint NOT NULL,
    lease_id uuid,
    participant_id uuid,
    leased_at timestamp with time zone,
    expires_at timestamp with time zone,
    shown smallint[],
    strategy text,
    probability real,
    guideline_version integer,
    constitution_version integer,
    CONSTRAINT assignment_check CHECK (((state = 'open'::text) = (lease_id IS NULL))),
    CONSTRAINT assignment_check1 CHECK (((state = 'open'::text) = (participant_id IS NULL))),
    CONSTRAINT assignment_n_check CHECK ((n >= 0)),
    CONSTRAINT assignment_state_check CHECK ((state = ANY (ARRAY['open'::text, 'leased'::text, 'judged'::text])))
)
WITH (fillfactor='80');

ALTER TABLE public.assignment OWNER TO plenum_owner;

CREATE TABLE public.ballot (
    shard_key bigint NOT NULL,
    amendment_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    revision integer NOT NULL,
    choice text NOT NULL,
    cast_at timestamp with time zone DEFAULT now() NOT NULL,
    demographics_version integer,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    receipt text NOT NULL,
    CONSTRAINT ballot_choice_check CHECK ((choice = ANY (ARRAY['yes'::text, 'no'::text, 'abstain'::text]))),
    CONSTRAINT ballot_revision_check CHECK ((revision > 0))
);

ALTER TABLE public.ballot OWNER TO plenum_owner;

CREATE TABLE public.community (
    shard_key bigint NOT NULL,
    community_id uuid NOT NULL,
    name text NOT NULL,
    settings jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT community_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE public.community OWNER TO plenum_owner;

CREATE TABLE public.constitution (
    shard_key bigint NOT NULL,
    version integer NOT NULL,
    document text NOT NULL,
    document_hash bytea NOT NULL,
    amendment_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT constitution_document_hash_check CHECK ((length(document_hash) = 32)),
    CONSTRAINT constitution_version_check CHECK ((version > 0))
);

ALTER TABLE public.constitution OWNER TO plenum_owner;

CREATE TABLE public.credential (
    person_id uuid NOT NULL,
    name text NOT NULL,
    passphrase_hash text NOT NULL,
    recovery_hashes bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT credential_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64)))
);

ALTER TABLE public.credential OWNER TO plenum_owner;

CREATE TABLE public.demographic_answer (
    person_id uuid NOT NULL,
    version integer NOT NULL,
    sealed bytea,
    consent_version text NOT NULL,
    given_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT demographic_answer_version_check CHECK ((version > 0))
);

ALTER TABLE public.demographic_answer OWNER TO plenum_owner;

CREATE TABLE public.enrolment (
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT enrolment_secret_hash_check CHECK ((length(secret_hash) = 32))
);

ALTER TABLE public.enrolment OWNER TO plenum_owner;

CREATE TABLE public.export (
    shard_key bigint NOT NULL,
    export_id uuid NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    request jsonb NOT NULL,
    manifest jsonb,
    error text,
    requested_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT export_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text])))
);

ALTER TABLE public.export OWNER TO plenum_owner;

CREATE TABLE public.fit (
    shard_key bigint NOT NULL,
    fit_id uuid NOT NULL,
    method text NOT NULL,
    attribute text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    progress jsonb DEFAULT '{}'::jsonb NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    model_id uuid,
    error text,
    requested_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT fit_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE public.fit OWNER TO plenum_owner;

CREATE TABLE public.guideline (
    shard_key bigint NOT NULL,
    version integer NOT NULL,
    text jsonb NOT NULL,
    text_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.guideline OWNER TO plenum_owner;

CREATE TABLE public.idempotency (
    shard_key bigint NOT NULL,
    actor uuid NOT NULL,
    key uuid NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_request_hash_check CHECK ((length(request_hash) = 32))
);

ALTER TABLE public.idempotency OWNER TO plenum_owner;

CREATE TABLE public.invitation (
    shard_key bigint NOT NULL,
    invitation_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    kind text DEFAULT 'annotator'::text NOT NULL,
    max_uses integer NOT NULL,
    n_uses integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT invitation_check CHECK (((n_uses >= 0) AND (n_uses <= max_uses))),
    CONSTRAINT invitation_code_hash_check CHECK ((length(code_hash) = 32)),
    CONSTRAINT invitation_kind_check CHECK ((kind = ANY (ARRAY['annotator'::text, 'member'::text]))),
    CONSTRAINT invitation_max_uses_check CHECK (((max_uses >= 1) AND (max_uses <= 1000000)))
);

ALTER TABLE public.invitation OWNER TO plenum_owner;

CREATE TABLE public.item (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    source_id text,
    replaces uuid,
    prompt jsonb NOT NULL,
    n_responses smallint NOT NULL,
    language text,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    gold jsonb,
    warning text,
    content_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT item_content_hash_check CHECK ((length(content_hash) = 32)),
    CONSTRAINT item_n_responses_check CHECK (((n_responses >= 1) AND (n_responses <= 100)))
);

ALTER TABLE public.item OWNER TO plenum_owner;

CREATE TABLE public.job (
    job_id uuid NOT NULL,
    kind text NOT NULL,
    shard_key bigint NOT NULL,
    object_id uuid NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    worker_id uuid,
    lease_expires_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 5 NOT NULL,
    snapshot_hash bytea,
    error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'leased'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE public.job OWNER TO plenum_owner;

CREATE TABLE public.judgment (
    shard_key bigint NOT NULL,
    lease_id uuid NOT NULL,
    revision integer NOT NULL,
    judgment_id uuid NOT NULL,
    item_id uuid NOT NULL,
    n smallint NOT NULL,
    participant_id uuid NOT NULL,
    outcome text NOT NULL,
    strength smallint,
    answer jsonb DEFAULT '{}'::jsonb NOT NULL,
    note_sealed bytea,
    shown smallint[] NOT NULL,
    active_ms integer,
    wall_ms integer,
    client jsonb,
    guideline_version integer NOT NULL,
    constitution_version integer,
    demographics_version integer,
    source text DEFAULT 'live'::text NOT NULL,
    judged_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    receipt text NOT NULL,
    CONSTRAINT judgment_outcome_check CHECK ((outcome = ANY (ARRAY['left'::text, 'right'::text, 'tie'::text, 'both_bad'::text, 'cannot_judge'::text, 'skip'::text, 'ranking'::text, 'rating'::text, 'void'::text]))),
    CONSTRAINT judgment_request_hash_check CHECK ((length(request_hash) = 32)),
    CONSTRAINT judgment_revision_check CHECK ((revision > 0)),
    CONSTRAINT judgment_strength_check CHECK (((strength >= 1) AND (strength <= 4)))
);

ALTER TABLE public.judgment OWNER TO plenum_owner;

CREATE TABLE public.log_checkpoint (
    size bigint NOT NULL,
    root_hash bytea NOT NULL,
    edge bytea NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT log_checkpoint_root_hash_check CHECK ((length(root_hash) = 32))
);

ALTER TABLE public.log_checkpoint OWNER TO plenum_owner;

CREATE TABLE public.log_entry (
    sequence bigint NOT NULL,
    entry_id uuid NOT NULL,
    entry text NOT NULL,
    leaf_hash bytea NOT NULL,
    CONSTRAINT log_entry_leaf_hash_check CHECK ((length(leaf_hash) = 32)),
    CONSTRAINT log_entry_sequence_check CHECK ((sequence >= 0))
);

ALTER TABLE public.log_entry OWNER TO plenum_owner;

CREATE TABLE public.log_node (
    level smallint NOT NULL,
    n bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT log_node_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT log_node_level_check CHECK (((level >= 1) AND (level <= 7))),
    CONSTRAINT log_node_n_check CHECK ((n >= 0))
);

ALTER TABLE public.log_node OWNER TO plenum_owner;

CREATE TABLE public.log_outbox (
    shard_key bigint NOT NULL,
    entry_id uuid NOT NULL,
    entry text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.log_outbox OWNER TO plenum_owner;

CREATE TABLE public.model (
    shard_key bigint NOT NULL,
    model_id uuid NOT NULL,
    fit_id uuid NOT NULL,
    method text NOT NULL,
    artefact_hash bytea NOT NULL,
    size bigint NOT NULL,
    snapshot_hash bytea NOT NULL,
    card jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT model_artefact_hash_check CHECK ((length(artefact_hash) = 32))
);

ALTER TABLE public.model OWNER TO plenum_owner;

CREATE TABLE public.model_bytes (
    shard_key bigint NOT NULL,
    model_id uuid NOT NULL,
    chunk integer NOT NULL,
    bytes bytea NOT NULL
);

ALTER TABLE public.model_bytes OWNER TO plenum_owner;

CREATE TABLE public.participation (
    shard_key bigint NOT NULL,
    participant_id uuid NOT NULL,
    person_id uuid NOT NULL,
    roles integer NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    exclusion_reason text,
    source_id text,
    consent_version text,
    consent_hash bytea,
    consented_at timestamp with time zone,
    invitation_id uuid,
    has_standing boolean DEFAULT false NOT NULL,
    quota_cell bytea,
    cursor_n smallint DEFAULT 0 NOT NULL,
    cursor_key bigint DEFAULT '-9223372036854775808'::bigint NOT NULL,
    budget_until timestamp with time zone,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT participation_state_check CHECK ((state = ANY (ARRAY['active'::text, 'excluded'::text, 'left'::text])))
)
WITH (fillfactor='80');

ALTER TABLE public.participation OWNER TO plenum_owner;

CREATE TABLE public.person (
    person_id uuid NOT NULL,
    kind text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT person_kind_check CHECK ((kind = ANY (ARRAY['bare'::text, 'named'::text, 'imported'::text, 'simulated'::text])))
);

ALTER TABLE public.person OWNER TO plenum_owner;

CREATE TABLE public.project (
    shard_key bigint NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    settings jsonb NOT NULL,
    task jsonb GENERATED ALWAYS AS ((settings -> 'task'::text)) STORED,
    blind boolean GENERATED ALWAYS AS (COALESCE(((settings -> 'blind'::text))::boolean, true)) STORED,
    judgments_per_item integer NOT NULL,
    lease_seconds integer DEFAULT 1800 NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    guideline_version integer DEFAULT 1 NOT NULL,
    community_shard_key bigint,
    community_id uuid,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT project_judgments_per_item_check CHECK (((judgments_per_item >= 1) AND (judgments_per_item <= 1000))),
    CONSTRAINT project_lease_seconds_check CHECK (((lease_seconds >= 1) AND (lease_seconds <= 604800))),
    CONSTRAINT project_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT project_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paused'::text, 'closed'::text])))
);

ALTER TABLE public.project OWNER TO plenum_owner;

CREATE TABLE public.project_counter (
    shard_key bigint NOT NULL,
    stripe smallint NOT NULL,
    n_items bigint DEFAULT 0 NOT NULL,
    n_wanted bigint DEFAULT 0 NOT NULL,
    n_counted bigint DEFAULT 0 NOT NULL,
    n_participants bigint DEFAULT 0 NOT NULL,
    n_skipped bigint DEFAULT 0 NOT NULL,
    n_imported bigint DEFAULT 0 NOT NULL
);

ALTER TABLE public.project_counter OWNER TO plenum_owner;

CREATE TABLE public.response (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    n smallint NOT NULL,
    source_id text,
    content text NOT NULL,
    model text,
    embedding bytea,
    meta jsonb
);

ALTER TABLE public.response OWNER TO plenum_owner;

CREATE TABLE public.schema_migration (
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT schema_migration_checksum_check CHECK ((length(checksum) = 32))
);

ALTER TABLE public.schema_migration OWNER TO plenum_owner;

CREATE TABLE public.session (
    session_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT session_secret_hash_check CHECK ((length(secret_hash) = 32))
);

ALTER TABLE public.session OWNER TO plenum_owner;

CREATE TABLE public.token (
    token_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    person_id uuid NOT NULL,
    name text NOT NULL,
    roles integer NOT NULL,
    shard_key bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT token_secret_hash_check CHECK ((length(secret_hash) = 32))
);

ALTER TABLE public.token OWNER TO plenum_owner;

CREATE TABLE public.worker (
    worker_id uuid NOT NULL,
    name text NOT NULL,
    certificate_hash bytea NOT NULL,
    enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    revoked_at timestamp with time zone
);

ALTER TABLE public.worker OWNER TO plenum_owner;

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_pkey PRIMARY KEY (shard_key, amendment_id);

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_shard_key_proposer_idempotency_key_key UNIQUE (shard_key, proposer, idempotency_key);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (shard_key, item_id, n);

ALTER TABLE ONLY public.ballot
    ADD CONSTRAINT ballot_pkey PRIMARY KEY (shard_key, amendment_id, participant_id, revision);

ALTER TABLE ONLY public.ballot
    ADD CONSTRAINT ballot_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.community
    ADD CONSTRAINT community_pkey PRIMARY KEY (shard_key, community_id);

ALTER TABLE ONLY public.constitution
    ADD CONSTRAINT constitution_pkey PRIMARY KEY (shard_key, version);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_name_key UNIQUE (name);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.demographic_answer
    ADD CONSTRAINT demographic_answer_pkey PRIMARY KEY (person_id, version);

ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_pkey PRIMARY KEY (secret_hash);

ALTER TABLE ONLY public.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (shard_key, export_id);

ALTER TABLE ONLY public.fit
    ADD CONSTRAINT fit_pkey PRIMARY KEY (shard_key, fit_id);

ALTER TABLE ONLY public.guideline
    ADD CONSTRAINT guideline_pkey PRIMARY KEY (shard_key, version);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (shard_key, actor, key);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (shard_key, invitation_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_shard_key_code_hash_key UNIQUE (shard_key, code_hash);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (shard_key, item_id);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_shard_key_content_hash_key UNIQUE (shard_key, content_hash);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_shard_key_source_id_key UNIQUE (shard_key, source_id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_kind_object_id_key UNIQUE (kind, object_id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY public.judgment
    ADD CONSTRAINT judgment_pkey PRIMARY KEY (shard_key, lease_id, revision);

ALTER TABLE ONLY public.judgment
    ADD CONSTRAINT judgment_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.log_checkpoint
    ADD CONSTRAINT log_checkpoint_pkey PRIMARY KEY (size);

ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT log_entry_entry_id_key UNIQUE (entry_id);

ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT log_entry_pkey PRIMARY KEY (sequence);

ALTER TABLE ONLY public.log_node
    ADD CONSTRAINT log_node_pkey PRIMARY KEY (level, n);

ALTER TABLE ONLY public.log_outbox
    ADD CONSTRAINT log_outbox_pkey PRIMARY KEY (shard_key, entry_id);

ALTER TABLE ONLY public.model_bytes
    ADD CONSTRAINT model_bytes_pkey PRIMARY KEY (shard_key, model_id, chunk);

ALTER TABLE ONLY public.model
    ADD CONSTRAINT model_pkey PRIMARY KEY (shard_key, model_id);

ALTER TABLE ONLY public.model
    ADD CONSTRAINT model_shard_key_fit_id_key UNIQUE (shard_key, fit_id);

ALTER TABLE ONLY public.participation
    ADD CONSTRAINT participation_pkey PRIMARY KEY (shard_key, participant_id);

ALTER TABLE ONLY public.participation
    ADD CONSTRAINT participation_shard_key_person_id_key UNIQUE (shard_key, person_id);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.project_counter
    ADD CONSTRAINT project_counter_pkey PRIMARY KEY (shard_key, stripe);

ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_pkey PRIMARY KEY (shard_key, project_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_pkey PRIMARY KEY (shard_key, item_id, n);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (worker_id);

CREATE INDEX amendment_due ON public.amendment USING btree (closes_at) WHERE (state = 'open'::text);

CREATE INDEX assignment_expiry ON public.assignment USING btree (shard_key, expires_at) WHERE ((state = 'leased'::text) AND (expires_at IS NOT NULL));

CREATE UNIQUE INDEX assignment_lease ON public.assignment USING btree (shard_key, lease_id) WHERE (lease_id IS NOT NULL);

CREATE UNIQUE INDEX assignment_never_twice ON public.assignment USING btree (shard_key, item_id, participant_id) WHERE (participant_id IS NOT NULL);

CREATE UNIQUE INDEX assignment_one_lease ON public.assignment USING btree (shard_key, participant_id) WHERE ((state = 'leased'::text) AND (participant_id IS NOT NULL));

CREATE INDEX assignment_open ON public.assignment USING btree (shard_key, n, order_key, item_id) WHERE (state = 'open'::text);

CREATE UNIQUE INDEX community_one_per_shard ON public.community USING btree (shard_key);

CREATE INDEX job_queue ON public.job USING btree (created_at) WHERE (state = ANY (ARRAY['queued'::text, 'leased'::text]));

CREATE INDEX judgment_item ON public.judgment USING btree (shard_key, item_id, participant_id);

CREATE INDEX log_entry_leaf ON public.log_entry USING btree (leaf_hash);

CREATE INDEX participation_person ON public.participation USING btree (person_id);

CREATE UNIQUE INDEX participation_source ON public.participation USING btree (shard_key, source_id) WHERE (source_id IS NOT NULL);

CREATE UNIQUE INDEX project_one_per_shard ON public.project USING btree (shard_key);

CREATE INDEX session_person ON public.session USING btree (person_id);

CREATE INDEX token_person ON public.token USING btree (person_id);

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_shard_key_base_version_fkey FOREIGN KEY (shard_key, base_version) REFERENCES public.constitution(shard_key, version);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_shard_key_item_id_fkey FOREIGN KEY (shard_key, item_id) REFERENCES public.item(shard_key, item_id);

ALTER TABLE ONLY public.ballot
    ADD CONSTRAINT ballot_shard_key_amendment_id_fkey FOREIGN KEY (shard_key, amendment_id) REFERENCES public.amendment(shard_key, amendment_id);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.demographic_answer
    ADD CONSTRAINT demographic_answer_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.model_bytes
    ADD CONSTRAINT model_bytes_shard_key_model_id_fkey FOREIGN KEY (shard_key, model_id) REFERENCES public.model(shard_key, model_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_shard_key_item_id_fkey FOREIGN KEY (shard_key, item_id) REFERENCES public.item(shard_key, item_id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

GRANT USAGE ON SCHEMA public TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_participation(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_participation(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_person(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_person(who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) TO plenum_app;

REVOKE ALL ON FUNCTION public.withdraw_demographics(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.withdraw_demographics(who uuid) TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.amendment TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assignment TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.ballot TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.community TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.constitution TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.credential TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.demographic_answer TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.enrolment TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fit TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.guideline TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitation TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.item TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.judgment TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.log_checkpoint TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.log_entry TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.log_node TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.log_outbox TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.model TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.model_bytes TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.participation TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.person TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project_counter TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.response TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.session TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.token TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worker TO plenum_app;

