// The table of who may do what. Pure: (roles, standing, visibility) and an action in, yes or no out. Everything that
// asks goes through identity_require; the whole matrix is held by permission_test.c.
#ifndef COORDINATOR_IDENTITY_PERMISSION_H
#define COORDINATOR_IDENTITY_PERMISSION_H

#include "coordinator/identity/identity.h"

struct permission_facts {
    unsigned roles; // effective ones, as permission_roles gives them
    bool signed_in;
    bool has_participation; // active, in the object's shard
    bool has_standing;      // admitted to vote there
    bool object_is_public;
};

bool permission_allows(enum action action, const struct permission_facts *facts);

// The effective roles. `deployment`: the person's roles of the deployment; `shard`: those in the object's shard, or 0;
// `has_object`: whether the action has an object. Of the deployment's roles only operator and service reach into
// projects and communities. A token never has more than its scopes, nor than the person behind it has by now.
unsigned permission_roles(
    unsigned deployment, unsigned shard, bool has_object, bool is_token, unsigned token_scopes);

// "researcher" to its bit, or 0; and back, for one bit.
unsigned permission_role_named(const char *name);
const char *permission_role_name(unsigned role);
enum {
    ROLES_OF_PROJECT = ROLE_RESEARCHER | ROLE_REVIEWER | ROLE_ANNOTATOR | ROLE_SERVICE,
    ROLES_OF_COMMUNITY = ROLE_STEWARD | ROLE_MODERATOR | ROLE_MEMBER,
    ROLES_OF_DEPLOYMENT = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_SERVICE,
    ROLES_ALL = 255
};

#endif
