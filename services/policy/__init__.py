"""The policy room: the norms of a year, the engine that runs them, and what their verdicts mean.

A pure library: no grpc, no SQL, no clock. `year` reads a folder of norms, `questionnaire` checks answers against it,
`embedded` runs Rego in this process, `assess` turns answers into findings, `routes` turns findings into routes and
`rego_tests` runs the tests that lie beside the norms.
"""
