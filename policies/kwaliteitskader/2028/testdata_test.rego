# METADATA
# scope: package
# title: Voorbeelden voor de tests
# description: Maakt de invoer van een test uit alleen de antwoorden waar het in die test om gaat.
package kwaliteitskader.y2028.testdata_test

import rego.v1

both := ["anw", "kantooruren"]

# Answers per block: {question: value} for kantooruren and for anw. A question that only one of the two mentions is
# null in the other.
per_block(open_blocks, kantooruren, anw) := {
	"year": 2028,
	"open_blocks": open_blocks,
	"answers": {question: values |
		some question in (object.keys(kantooruren) | object.keys(anw))
		values := {
			"kantooruren": object.get(kantooruren, question, null),
			"anw": object.get(anw, question, null),
		}
	},
}

# Answers for the location as a whole.
location(answers) := {"year": 2028, "open_blocks": both, "answers": answers}
