"""Reads emergency visits from FHIR R4 Encounters: NDJSON, JSON and XML, plain or gzipped, in bounded memory.

A file that is not what it should be (broken, nested too deeply, a resource or a compression ratio beyond the limits, a
DTD) is refused as a whole, by `FileProblem`. An Encounter that does not count, or that is wrong in itself, is left out
and counted. No message holds an identifier or a time of a visit.

Each form has a way that is fast and a way that is exact. The fast way takes what is written as exports are; whatever it
does not recognise as such goes the exact way, which alone says what is wrong. Both give the same visits.
"""

from spoedkader.fhir.reading import FhirVisits, is_fhir, read_fhir

__all__ = ["FhirVisits", "is_fhir", "read_fhir"]
