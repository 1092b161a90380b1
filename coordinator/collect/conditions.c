#include "coordinator/collect/conditions.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { CONTACT_MAX = 300, NAME_MAX_CHARACTERS = 500, TEXT_MAX = 20000, MINUTES_MAX = 100000 };

// "12", "0.5", "12.50": at most seven digits and three decimals, as text, so that nobody's pay is rounded on its way.
static bool is_amount(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (whole < 1 || whole > 7)
        return false;
    if (text[whole] == '\0')
        return true;
    size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    return part >= 1 && part <= 3 && text[whole + 1 + part] == '\0';
}

// ISO 4217: three capital letters.
static bool is_currency(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static json_t *pay_read(struct fields *fields, const json_t *conditions)
{
    static const char *const pers[] = {"hour", "session", "judgment", "study", NULL};
    const char *const at = "/conditions/pay";
    const json_t *pay = fields_object(fields, conditions, "/conditions", "pay", FIELD_OPTIONAL);
    if (pay == NULL)
        return json_null();
    fields_only(fields, pay, at, FIELDS("amount", "currency", "per"));
    const char *amount = fields_text(fields, pay, at, "amount", FIELD_REQUIRED, 1, 11),
               *currency = fields_text(fields, pay, at, "currency", FIELD_REQUIRED, 3, 3);
    int per = fields_choice(fields, pay, at, "per", FIELD_REQUIRED, pers);
    if (amount != NULL && !is_amount(amount))
        fields_fail_at(fields, at, "amount", "amount must be a number as text, such as \"12.50\".");
    if (currency != NULL && !is_currency(currency))
        fields_fail_at(fields, at, "currency", "currency must be a code of ISO 4217, such as \"EUR\".");
    if (amount == NULL || currency == NULL || per < 0)
        return json_null();
    return json_pack("{s:s, s:s, s:s}", "amount", amount, "currency", currency, "per", pers[per]);
}

static void copy_words(
    struct fields *fields, const json_t *from, const char *name, unsigned flags, size_t max, json_t *to)
{
    json_t *words = fields_words(fields, from, "/conditions", name, flags, 1, max);
    if (words != NULL)
        json_object_set(to, name, words);
}

json_t *conditions_read(struct fields *fields, const json_t *body)
{
    const json_t *conditions = fields_object(fields, body, "", "conditions", FIELD_OPTIONAL);
    if (conditions == NULL)
        return NULL;
    fields_only(
        fields, conditions, "/conditions", FIELDS("pay", "minutes", "payer", "contact", "ethics", "text"));
    json_t *own = json_object();
    json_object_set_new(own, "pay", pay_read(fields, conditions));
    json_object_set_new(own, "minutes",
        json_integer(
            fields_integer(fields, conditions, "/conditions", "minutes", FIELD_REQUIRED, 1, MINUTES_MAX, 1)));
    copy_words(fields, conditions, "payer", FIELD_OPTIONAL, NAME_MAX_CHARACTERS, own);
    copy_words(fields, conditions, "contact", FIELD_REQUIRED, CONTACT_MAX, own);
    copy_words(fields, conditions, "ethics", FIELD_OPTIONAL, NAME_MAX_CHARACTERS, own);
    copy_words(fields, conditions, "text", FIELD_OPTIONAL, TEXT_MAX, own);
    char *text = json_canonical(own), hex[HASH_HEX_BYTES];
    unsigned char hash[HASH_BYTES];
    hash_sha256(text, strlen(text), hash);
    hex_encode(hash, HASH_BYTES, hex);
    free(text);
    json_object_set_new(own, "version", json_string(hex));
    return own;
}
