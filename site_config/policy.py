"""The Content-Security-Policy header, by whichever middleware this Django has: its own, or django-csp's."""

import django

if django.VERSION >= (6, 0):
    from django.middleware.csp import ContentSecurityPolicyMiddleware
else:
    from csp.middleware import CSPMiddleware as ContentSecurityPolicyMiddleware

__all__ = ["ContentSecurityPolicyMiddleware"]
