"""
Alerts: what an operator is told of before anybody asks.

    facts.py     what is known at one moment
    measures.py  readings of each kind, from facts
    rules.py     what the owner decided: thresholds, scope, channels, mutes
    judging.py   begin and end of an alert, from readings and what was there before
    messages.py  what a channel is told, in words
    formats.py   those words as a webhook, as Slack takes them, and as an e-mail
    retrying.py  when a channel that failed is tried again
    incidents.py outages that TikTok announces
"""
