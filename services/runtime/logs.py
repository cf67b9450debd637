"""Structured logs: lines for people on a terminal, JSON otherwise."""

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
