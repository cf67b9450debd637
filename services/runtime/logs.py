"""Structured logs: lines for people on a terminal, JSON otherwise.

A line that belongs to a call has its `call` id, `method`, `actor` and `organisation`, and where calls are traced
`trace_id` and `span_id`: the interceptor binds them. What is in a questionnaire is in no line.
"""

import logging
import sys

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor


def configure(level: str) -> None:
    """Sets up logging for the process; everything goes to standard error, and nothing about a patient ever does."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        traceback_lines = structlog.dev.plain_traceback
        render: list[Processor] = [structlog.dev.ConsoleRenderer(exception_formatter=traceback_lines)]
    else:
        # Local variables stay out of the log: they can hold what callers sent.
        traceback = ExceptionDictTransformer(show_locals=False, max_frames=20)
        render = [ExceptionRenderer(traceback), structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say, such as that spans can't be sent, in the same form.
    others = logging.StreamHandler(sys.stderr)
    others.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(handlers=[others], level=logging.WARNING)
