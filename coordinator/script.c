#include "coordinator/script.h"

#include <utf8proc.h>

// Scripts that write no spaces between words: Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han and what is near them.
static bool writes_no_spaces(utf8proc_int32_t c)
{
    static const utf8proc_int32_t ranges[][2] = {{0x0e00, 0x0fff}, {0x1000, 0x109f}, {0x1780, 0x17ff},
        {0x3040, 0x30ff}, {0x3400, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x3ffff}};
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    }
    return false;
}

enum script script_of(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
        return SCRIPT_SPACE;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return writes_no_spaces(c) ? SCRIPT_ALONE : SCRIPT_WORD;
    default:
        return SCRIPT_ALONE;
    }
}
