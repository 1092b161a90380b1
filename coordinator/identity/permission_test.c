#include "coordinator/identity/permission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { N_ACTIONS = ACTION_MANAGE_COMMUNITY + 1 };

// The whole matrix, a line an action: which single role is enough for somebody signed in who takes part and has
// standing. Written out by hand, so that a change of the table is a change here.
static const unsigned matrix[N_ACTIONS] = {
    [ACTION_SELF] = ROLES_ALL,
    [ACTION_CREATE] = ROLE_OPERATOR | ROLE_RESEARCHER,
    [ACTION_OPERATE] = ROLE_OPERATOR,
    [ACTION_SEE_PROJECT] = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_REVIEWER | ROLE_ANNOTATOR,
    [ACTION_VIEW_PROJECT] = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_REVIEWER,
    [ACTION_MANAGE_PROJECT] = ROLE_OPERATOR | ROLE_RESEARCHER,
    [ACTION_ANNOTATE] = ROLE_ANNOTATOR,
    [ACTION_USE_MODEL] = ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_SERVICE,
    [ACTION_VIEW_COMMUNITY] = ROLES_ALL,
    [ACTION_PROPOSE] = ROLE_MEMBER,
    [ACTION_VOTE] = ROLE_MEMBER,
    [ACTION_MODERATE] = ROLE_OPERATOR | ROLE_STEWARD | ROLE_MODERATOR,
    [ACTION_MANAGE_COMMUNITY] = ROLE_OPERATOR | ROLE_STEWARD,
};

static void each_role_for_each_action(void **state)
{
    (void)state;
    for (int action = 0; action < N_ACTIONS; action++) {
        for (unsigned role = 1; role <= ROLES_ALL; role <<= 1) {
            struct permission_facts facts = {
                .roles = role, .signed_in = true, .has_participation = true, .has_standing = true};
            assert_int_equal(permission_allows((enum action)action, &facts), (matrix[action] & role) != 0);
            // What nobody vouches for has no roles.
            facts.signed_in = false;
            assert_false(permission_allows((enum action)action, &facts));
        }
    }
}

static void no_role_at_all(void **state)
{
    (void)state;
    for (int action = 0; action < N_ACTIONS; action++) {
        struct permission_facts facts = {.signed_in = true};
        bool open = action == ACTION_SELF || action == ACTION_VIEW_COMMUNITY;
        assert_int_equal(permission_allows((enum action)action, &facts), open);
        facts = (struct permission_facts){.object_is_public = true};
        assert_int_equal(permission_allows((enum action)action, &facts), action == ACTION_VIEW_COMMUNITY);
    }
}

static void participation_and_standing(void **state)
{
    (void)state;
    struct permission_facts facts = {
        .roles = ROLE_MEMBER | ROLE_ANNOTATOR, .signed_in = true, .has_standing = true};
    assert_false(permission_allows(ACTION_ANNOTATE, &facts));
    assert_false(permission_allows(ACTION_PROPOSE, &facts));
    assert_false(permission_allows(ACTION_VOTE, &facts));
    facts.has_participation = true;
    facts.has_standing = false;
    assert_true(permission_allows(ACTION_ANNOTATE, &facts));
    assert_true(permission_allows(ACTION_PROPOSE, &facts));
    assert_false(permission_allows(ACTION_VOTE, &facts));
}

static void roles_reach_as_far_as_they_should(void **state)
{
    (void)state;
    // A researcher of the deployment makes projects, and has no say in others'.
    assert_true(permission_roles(ROLE_RESEARCHER, 0, false, false, 0) & ROLE_RESEARCHER);
    assert_int_equal(permission_roles(ROLE_RESEARCHER, 0, true, false, 0), 0);
    assert_int_equal(permission_roles(0, ROLE_ANNOTATOR, true, false, 0), ROLE_ANNOTATOR);
    // The operator reaches everywhere, but neither annotates nor votes.
    unsigned operator_roles = permission_roles(ROLE_OPERATOR, 0, true, false, 0);
    assert_true(operator_roles & ROLE_RESEARCHER);
    assert_int_equal(operator_roles & (ROLE_ANNOTATOR | ROLE_MEMBER), 0);
    // A token has neither more than its scopes nor more than the person has by now.
    assert_int_equal(permission_roles(0, ROLE_RESEARCHER, true, true, ROLE_SERVICE), ROLE_SERVICE);
    assert_int_equal(permission_roles(0, 0, true, true, ROLE_RESEARCHER), 0);
    assert_int_equal(permission_roles(0, ROLE_ANNOTATOR, true, true, ROLE_RESEARCHER), 0);
    assert_true(permission_roles(ROLE_OPERATOR, 0, false, true, ROLE_OPERATOR) & ROLE_RESEARCHER);
}

static void names_and_bits(void **state)
{
    (void)state;
    for (unsigned role = 1; role <= ROLES_ALL; role <<= 1)
        assert_int_equal(permission_role_named(permission_role_name(role)), role);
    assert_int_equal(permission_role_named("king"), 0);
    assert_null(permission_role_name(3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_role_for_each_action),
        cmocka_unit_test(no_role_at_all), cmocka_unit_test(participation_and_standing),
        cmocka_unit_test(roles_reach_as_far_as_they_should), cmocka_unit_test(names_and_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
