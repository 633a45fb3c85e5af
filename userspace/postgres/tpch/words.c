// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The specification's words, and text of them by its grammar. */
#include "tpch.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_OF(name) { name##_list, sizeof(name##_list) / sizeof(char *) }

static const char *const colours_list[] = {
	"almond", "antique", "aquamarine", "azure", "beige", "bisque", "black",
	"blanched", "blue", "blush", "brown", "burlywood", "burnished", "chartreuse",
	"chiffon", "chocolate", "coral", "cornflower", "cornsilk", "cream", "cyan",
	"dark", "deep", "dim", "dodger", "drab", "firebrick", "floral", "forest",
	"frosted", "gainsboro", "ghost", "goldenrod", "green", "grey", "honeydew",
	"hot", "indian", "ivory", "khaki", "lace", "lavender", "lawn", "lemon",
	"light", "lime", "linen", "magenta", "maroon", "medium", "metallic",
	"midnight", "mint", "misty", "moccasin", "navajo", "navy", "olive", "orange",
	"orchid", "pale", "papaya", "peach", "peru", "pink", "plum", "powder", "puff",
	"purple", "red", "rose", "rosy", "royal", "saddle", "salmon", "sandy",
	"seashell", "sienna", "sky", "slate", "smoke", "snow", "spring", "steel",
	"tan", "thistle", "tomato", "turquoise", "violet", "wheat", "white", "yellow",
};

static const char *const sizes_list[] = {
	"SM", "LG", "MED", "JUMBO", "WRAP",
};

static const char *const boxes_list[] = {
	"CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM",
};

static const char *const instructs_list[] = {
	"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN",
};

static const char *const modes_list[] = {
	"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB",
};

static const char *const priorities_list[] = {
	"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW",
};

static const char *const segments_list[] = {
	"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD",
};

static const char *const finishes_list[] = {
	"STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO",
};

static const char *const coats_list[] = {
	"ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED",
};

static const char *const metals_list[] = {
	"TIN", "NICKEL", "BRASS", "STEEL", "COPPER",
};

static const char *const regions_list[] = {
	"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST",
};

static const char *const nations_list[] = {
	"ALGERIA", "ARGENTINA", "BRAZIL", "CANADA", "EGYPT", "ETHIOPIA", "FRANCE",
	"GERMANY", "INDIA", "INDONESIA", "IRAN", "IRAQ", "JAPAN", "JORDAN", "KENYA",
	"MOROCCO", "MOZAMBIQUE", "PERU", "CHINA", "ROMANIA", "SAUDI ARABIA",
	"VIETNAM", "RUSSIA", "UNITED KINGDOM", "UNITED STATES",
};

const int words_region_of[] = { 0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2,
	3, 4, 2, 3, 3, 1 };

const struct words words_colours = WORDS_OF(colours);
const struct words words_containers[] = { WORDS_OF(sizes), WORDS_OF(boxes) };
const struct words words_instructs = WORDS_OF(instructs);
const struct words words_modes = WORDS_OF(modes);
const struct words words_priorities = WORDS_OF(priorities);
const struct words words_segments = WORDS_OF(segments);
const struct words words_types[] = { WORDS_OF(finishes), WORDS_OF(coats),
	WORDS_OF(metals) };
const struct words words_regions = WORDS_OF(regions);
const struct words words_nations = WORDS_OF(nations);

/* Of text; those that queries look for come first, and often. */
static const char *const nouns_list[] = {
	"packages", "requests", "accounts", "deposits", "foxes", "ideas",
	"theodolites", "pinto beans", "instructions", "dependencies", "excuses",
	"platelets", "asymptotes", "courts", "dolphins", "multipliers", "sauternes",
	"warthogs", "frets", "dinos", "attainments", "somas", "Tiresias", "patterns",
	"forges", "braids", "hockey players", "frays", "warhorses", "dugouts",
	"notornis", "epitaphs", "pearls", "tithes", "waters", "orbits", "gifts",
	"sheaves", "depths", "sentiments", "decoys", "realms", "pains", "grouches",
	"escapades",
};

static const char *const verbs_list[] = {
	"sleep", "wake", "are", "cajole", "haggle", "nag", "use", "boost", "affix",
	"detect", "integrate", "maintain", "nod", "was", "lose", "sublate", "solve",
	"thrash", "promise", "engage", "hinder", "print", "x-ray", "breach", "eat",
	"grow", "impress", "mold", "poach", "serve", "run", "dazzle", "snooze",
	"doze", "unwind", "kindle", "play", "hang", "believe", "doubt",
};

static const char *const adjectives_list[] = {
	"special", "pending", "unusual", "express", "furious", "sly", "careful",
	"blithe", "quick", "fluffy", "slow", "quiet", "ruthless", "thin", "close",
	"dogged", "daring", "brave", "stealthy", "permanent", "enticing", "idle",
	"busy", "regular", "final", "ironic", "even", "bold", "silent",
};

static const char *const adverbs_list[] = {
	"sometimes", "always", "never", "furiously", "slyly", "carefully", "blithely",
	"quickly", "fluffily", "slowly", "quietly", "ruthlessly", "thinly", "closely",
	"doggedly", "daringly", "bravely", "stealthily", "permanently", "enticingly",
	"idly", "busily", "regularly", "finally", "ironically", "evenly", "boldly",
	"silently",
};

static const char *const prepositions_list[] = {
	"about", "above", "according to", "across", "after", "against", "along",
	"alongside of", "among", "around", "at", "atop", "before", "behind",
	"beneath", "beside", "besides", "between", "beyond", "by", "despite",
	"during", "except", "for", "from", "in place of", "inside", "instead of",
	"into", "near", "of", "on", "outside", "over", "past", "since", "through",
	"throughout", "to", "toward", "under", "until", "up", "upon", "without",
	"with", "within",
};

static const char *const auxiliaries_list[] = {
	"do", "may", "might", "shall", "will", "would", "can", "could", "should",
	"ought to", "must", "will have to", "shall have to", "could have to",
	"should have to", "must have to", "need to", "try to",
};

static const char *const stops_list[] = {
	".", ";", ":", "?", "!", "--",
};

/* What a letter of a phrase stands for. */
static const struct words words_nouns = WORDS_OF(nouns), words_verbs = WORDS_OF(verbs),
	words_adjectives = WORDS_OF(adjectives), words_adverbs = WORDS_OF(adverbs),
	words_prepositions = WORDS_OF(prepositions),
	words_auxiliaries = WORDS_OF(auxiliaries), words_stops = WORDS_OF(stops);

static char *words_text;
static size_t words_text_len;

const char *words_pick(struct random *random, const struct words *words)
{
	return words->word[random_in(random, 0, words->count - 1)];
}

/* The first words of a list are those that are used most. */
static const char *words_pick_first(struct random *random, const struct words *words)
{
	int one = random_in(random, 0, words->count - 1);
	int other = random_in(random, 0, words->count - 1);

	return words->word[one < other ? one : other];
}

static void words_add(const char *word)
{
	size_t len = strlen(word);

	memcpy(words_text + words_text_len, word, len);
	words_text_len += len;
}

static const struct words *words_of_kind(char kind)
{
	switch (kind) {
	case 'n':
		return &words_nouns;
	case 'v':
		return &words_verbs;
	case 'j':
		return &words_adjectives;
	case 'd':
		return &words_adverbs;
	case 'p':
		return &words_prepositions;
	case 'x':
		return &words_auxiliaries;
	default:
		return &words_stops;
	}
}

static void words_add_kind(struct random *random, char kind)
{
	words_add(words_pick_first(random, words_of_kind(kind)));
}

/*
 * A sentence is of phrases of nouns and of verbs, N and V, and of P: a preposition
 * and a phrase of nouns; of a phrase the letters are words, as words_of_kind() has
 * them.
 */
static const char *words_phrase(struct random *random, char what)
{
	static const char *const sentences[] = { "NV", "NVP", "NVN", "NPVN", "NPVP" };
	static const char *const of_nouns[] = { "n", "j n", "j, j n", "d j n" };
	static const char *const of_verbs[] = { "v", "x v", "v d", "x v d" };

	switch (what) {
	case 'S':
		return sentences[random_in(random, 0, 4)];
	case 'N':
		return of_nouns[random_in(random, 0, 3)];
	default:
		return of_verbs[random_in(random, 0, 3)];
	}
}

static void words_add_words(struct random *random, const char *phrase)
{
	for (; *phrase; phrase++) {
		char letter[2] = { *phrase, 0 };

		if (*phrase == ' ' || *phrase == ',')
			words_add(letter);
		else
			words_add_kind(random, *phrase);
	}
}

static void words_add_sentence(struct random *random)
{
	const char *sentence = words_phrase(random, 'S');

	for (int i = 0; sentence[i]; i++) {
		char what = sentence[i];

		if (i > 0)
			words_add(" ");
		if (what == 'P') {
			words_add_kind(random, 'p');
			words_add(" the ");
			what = 'N';
		}
		words_add_words(random, words_phrase(random, what));
	}
	words_add_kind(random, '.');
	words_add(" ");
}

/* Makes @size bytes of text, which texts are cut from. */
void words_make_text(size_t size)
{
	struct random random = random_of(0, 0);

	words_text = malloc(size + 4096);
	if (!words_text) {
		fprintf(stderr, "no memory for text\n");
		exit(1);
	}
	while (words_text_len < size)
		words_add_sentence(&random);
}

void words_put_text(FILE *to, struct random *random, int least, int most)
{
	int len = random_in(random, least, most);
	size_t at = random_in(random, 0, words_text_len - len);

	fwrite(words_text + at, 1, len, to);
}

void words_put_address(FILE *to, struct random *random)
{
	static const char letters[] =
		"0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,";

	for (int left = random_in(random, 10, 40); left; left--)
		fputc(letters[random_in(random, 0, sizeof(letters) - 2)], to);
}
