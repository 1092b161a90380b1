#include "coordinator/identity/permission.h"

#include <string.h>

// One line an action: any of `roles` is enough, unless more is asked.
struct rule {
    unsigned roles;
    bool any_signed_in;    // a credential is enough
    bool public_is_enough; // not even that, when the object is public
    bool participation, standing;
};

static const struct rule rules[] = {
    [ACTION_SELF] = {.any_signed_in = true},
    [ACTION_CREATE] = {.roles = ROLE_OPERATOR | ROLE_RESEARCHER},
    [ACTION_OPERATE] = {.roles = ROLE_OPERATOR},
    [ACTION_SEE_PROJECT] = {.roles = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_REVIEWER | ROLE_ANNOTATOR},
    [ACTION_VIEW_PROJECT] = {.roles = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_REVIEWER},
    [ACTION_MANAGE_PROJECT] = {.roles = ROLE_OPERATOR | ROLE_RESEARCHER},
    [ACTION_ANNOTATE] = {.roles = ROLE_ANNOTATOR, .participation = true},
    [ACTION_USE_MODEL] = {.roles = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_SERVICE},
    [ACTION_VIEW_COMMUNITY] = {.any_signed_in = true, .public_is_enough = true},
    [ACTION_PROPOSE] = {.roles = ROLE_MEMBER, .participation = true},
    [ACTION_VOTE] = {.roles = ROLE_MEMBER, .participation = true, .standing = true},
    [ACTION_MODERATE] = {.roles = ROLE_OPERATOR | ROLE_STEWARD | ROLE_MODERATOR},
    [ACTION_MANAGE_COMMUNITY] = {.roles = ROLE_OPERATOR | ROLE_STEWARD},
};

static const struct {
    unsigned role;
    const char *name;
    unsigned implies; // what a person with it may hand to a token
} roles[] = {
    {ROLE_OPERATOR, "operator",
        ROLE_RESEARCHER | ROLE_REVIEWER | ROLE_STEWARD | ROLE_MODERATOR | ROLE_SERVICE},
    {ROLE_RESEARCHER, "researcher", ROLE_REVIEWER | ROLE_SERVICE},
    {ROLE_REVIEWER, "reviewer", 0},
    {ROLE_ANNOTATOR, "annotator", 0},
    {ROLE_STEWARD, "steward", ROLE_MODERATOR},
    {ROLE_MODERATOR, "moderator", 0},
    {ROLE_MEMBER, "member", 0},
    {ROLE_SERVICE, "service", 0},
};

bool permission_allows(enum action action, const struct permission_facts *facts)
{
    assert((size_t)action < ARRAY_SIZE(rules));
    const struct rule *rule = &rules[action];
    if (rule->public_is_enough && facts->object_is_public)
        return true;
    if (!facts->signed_in)
        return false;
    if (rule->any_signed_in)
        return true;
    return (facts->roles & rule->roles) != 0 && (!rule->participation || facts->has_participation) &&
           (!rule->standing || facts->has_standing);
}

static unsigned widened(unsigned held)
{
    unsigned wide = held;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        if (held & roles[i].role)
            wide |= roles[i].implies;
    }
    return wide;
}

unsigned permission_roles(
    unsigned deployment, unsigned shard, bool has_object, bool is_token, unsigned token_scopes)
{
    unsigned held = has_object ? (deployment & (ROLE_OPERATOR | ROLE_SERVICE)) | shard : deployment;
    return is_token ? widened(held) & widened(token_scopes) : widened(held);
}

unsigned permission_role_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        if (strcmp(roles[i].name, name) == 0)
            return roles[i].role;
    }
    return 0;
}

const char *permission_role_name(unsigned role)
{
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        if (roles[i].role == role)
            return roles[i].name;
    }
    return NULL;
}
