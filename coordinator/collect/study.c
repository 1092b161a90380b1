#include "coordinator/collect/study.h"

#include "coordinator/collect/conditions.h"
#include "coordinator/collect/day.h"
#include "coordinator/collect/gold.h"
#include "coordinator/collect/quota.h"
#include "coordinator/collect/rules.h"
#include "coordinator/identity/templates.h"

#include <stdio.h>
#include <string.h>

enum { GUIDELINE_MAX = 100000, CONSENT_MAX = 50000, LANGUAGE_MAX = 35, POINTER_BYTES = 100, ID_MAX = 64 };

// With more there would be too few first judgments to repeat.
static const double REPEAT_SHARE_MAX = 0.5;
// Behind the first, which task is next is drawn; behind the second, by a model, in the order of enum acquire_rule.
static const char *const strategies[] = {
    "least_judged", "random", "uncertainty", "d_optimal", "group_disagreement", NULL};
enum { FIRST_BY_A_MODEL = 2 };

enum acquire_rule study_acquire_rule(const char *strategy)
{
    int i = FIRST_BY_A_MODEL;
    while (strcmp(strategies[i], strategy) != 0) // the statement that found the study knows no other
        i++;
    return (enum acquire_rule)(i - FIRST_BY_A_MODEL);
}

static json_t *read_consent(struct fields *fields, const json_t *body)
{
    const json_t *consent = fields_object(fields, body, "", "consent", FIELD_OPTIONAL);
    if (consent == NULL)
        return NULL;
    json_t *own = json_object(),
           *text = fields_words(fields, consent, "/consent", "text", FIELD_REQUIRED, 0, CONSENT_MAX);
    fields_only(fields, consent, "/consent", FIELDS("version", "text"));
    const char *version = fields_text(fields, consent, "/consent", "version", FIELD_REQUIRED, 1, 64);
    json_object_set_new(own, "version", json_string(version != NULL ? version : ""));
    if (text != NULL)
        json_object_set(own, "text", text);
    return own;
}

json_t *study_name(struct fields *fields, const json_t *body, unsigned flags)
{
    return fields_words(fields, body, "", "name", flags, 1, 200);
}

json_t *study_guideline(struct fields *fields, const json_t *body)
{
    return fields_words(fields, body, "", "guideline", FIELD_OPTIONAL, 0, GUIDELINE_MAX);
}

// How tasks are given out. Those of a chat are not: they come of what people write.
static void read_giving(struct fields *fields, const json_t *body, json_t *settings)
{
    bool is_chat = json_object_get(json_object_get(settings, "task"), "chat") != NULL;
    double repeat_share = fields_number(fields, body, "", "repeat_share", 0, REPEAT_SHARE_MAX, 0);
    if (is_chat && repeat_share > 0)
        fields_fail(fields, "/repeat_share", "A turn of a chat is judged once.");
    json_object_set_new(settings, "repeat_share", json_real(repeat_share));
    int strategy = fields_choice(fields, body, "", "strategy", FIELD_OPTIONAL, strategies);
    if (strategy > 0 && is_chat)
        fields_fail(fields, "/strategy", "The tasks of a chat are not given out.");
    json_object_set_new(settings, "strategy", json_string(strategies[strategy > 0 ? strategy : 0]));
}

void study_read(struct fields *fields, const json_t *body, struct study *study)
{
    *study = (struct study){.settings = json_object()};
    fields_only(fields, body, "",
        FIELDS("name", "guideline", "language", "judgments_per_item", "strategy", "repeat_share",
            "lease_seconds", "task", "demographics", "quotas", "blind", "simulated", "community", "consent",
            "conditions", "warning", "onboarding", "attention_share", "session"));
    study->name = study_name(fields, body, FIELD_REQUIRED);
    study->guideline = study_guideline(fields, body);
    study->judgments_per_item =
        (int)fields_integer(fields, body, "", "judgments_per_item", FIELD_OPTIONAL, 1, 1000, 3);
    study->lease_seconds =
        (int)fields_integer(fields, body, "", "lease_seconds", FIELD_OPTIONAL, 1, 604800, 1800);
    study->simulated = fields_bool(fields, body, "", "simulated", false);
    const char *language = fields_text(fields, body, "", "language", FIELD_OPTIONAL, 2, LANGUAGE_MAX);
    const char *community = fields_text(fields, body, "", "community", FIELD_OPTIONAL, 1, 64);
    study->follows = community != NULL;
    if (community != NULL && id_parse(community, &study->community) < 0)
        fields_fail(fields, "/community", "community must be the id of one.");
    json_object_set_new(study->settings, "language", language != NULL ? json_string(language) : json_null());
    json_object_set_new(study->settings, "blind", json_boolean(fields_bool(fields, body, "", "blind", true)));
    json_object_set_new(study->settings, "task",
        rules_read(fields, fields_object(fields, body, "", "task", FIELD_REQUIRED), "/task", study->follows));
    gold_settings(fields, body, study->settings);
    day_settings(fields, body, study->settings);
    const json_t *demographics = fields_object(fields, body, "", "demographics", FIELD_OPTIONAL);
    if (demographics != NULL) {
        json_t *resolved = demographics_resolve(fields, demographics, "/demographics");
        json_object_set_new(study->settings, "demographics", resolved != NULL ? resolved : json_null());
    }
    json_object_set_new(study->settings, "quotas",
        quota_read(
            fields, body, json_object_get(study->settings, "demographics"), &study->judgments_per_item));
    read_giving(fields, body, study->settings);
    json_t *consent = read_consent(fields, body);
    if (consent != NULL)
        json_object_set_new(study->settings, "consent", consent);
    json_t *conditions = conditions_read(fields, body);
    if (conditions != NULL)
        json_object_set_new(study->settings, "conditions", conditions);
    json_t *warning = fields_words(fields, body, "", "warning", FIELD_OPTIONAL, 0, 2000);
    if (warning != NULL)
        json_object_set(study->settings, "warning", warning);
    // What stands in the row is one text; all of them are settings.
    study->name_text = words_in(study->name, language);
    if (json_is_object(study->name))
        json_object_set(study->settings, "name", study->name);
}

void study_release(struct study *study)
{
    json_decref(study->settings);
    study->settings = NULL;
}
