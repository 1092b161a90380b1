// How an answer is written, as five numbers that anybody can check by hand: the style features of "hashed-ngrams-2"
// (reward/features.h). Judges favour length and lists whatever they say (Dubois et al. 2024, "Length-controlled
// AlpacaEval"); a model that has these beside its n-grams can say how much of a score is that. The phrases are English
// and stand in style.c; in another language those two features are 0. Pure, any thread.
#ifndef REWARD_STYLE_H
#define REWARD_STYLE_H

#include "base/base.h"

// Each value is 0 .. 1/2: half of
enum style {
    STYLE_LENGTH, // log(1 + words) / log(1 + 16384), at most 1
    STYLE_LISTS, // lines that begin with "-", "*", "+" or a bullet and a space, or a number with "." or ")", of all lines
                 // that are not blank
    STYLE_CODE,     // such lines between fences of ``` or ~~~ (the fences too), of all
    STYLE_REFUSALS, // phrases of refusal, at most 4, of 4
    STYLE_HEDGES,   // words and phrases of hedging, of a tenth of the words; at most 1
    STYLES
};

const char *style_name(enum style style); // "length", "lists", ...

// The two that are seen in the text as it was written.
void style_of_lines(const char *text, size_t length, float ret_style[STYLES]);
// The three of its words: the text folded, as words that each end in a space ("i can t help with that ").
void style_of_words(const char *words, size_t length, size_t n_words, float ret_style[STYLES]);

#endif
