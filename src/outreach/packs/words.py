"""Words of a pack in its language."""

_KEYS = (
    "pack", "for_whom", "contents", "summary", "facts", "timeline", "persons", "legal", "votes", "asks", "bodies", "recipients", "replies",
    "letters", "sources", "evidence", "part", "person", "disputed", "facts_note", "fact", "stated", "conflicting", "yes", "no", "abstain",
    "no_counts", "ask", "ask_of", "body", "sent", "answered", "overdue", "median_days", "reference", "recipient", "standing", "written_by",
    "by_body", "every", "promises", "time_to_answer", "legend", "in_answer", "annex", "ready", "letters_sent", "rate", "rate_median", "colophon",
    "by_date", "state_due", "state_awaited", "state_overdue", "state_to_read", "state_answered", "state_approved", "state_queued",
    "state_failed", "state_bounced", "state_closed", "kind_", "kind_acknowledgement", "kind_substantive", "kind_holding", "kind_referred",
    "kind_refused", "kind_agreed", "kind_thanks", "channel_email", "channel_post", "channel_web_form", "channel_in_person",
    "date", "event", "set_in", "unopened",
)  # fmt: skip
_WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        "Briefing pack", "for", "Contents", "Summary", "Key facts", "Timeline", "Who is concerned", "Legal bases", "Votes", "What is asked",
        "State by body", "Correspondence", "Answers received", "Letters in full", "Sources", "Evidence", "Part", "Person or body",
        "the sources disagree",
        "Each fact stands with the sources that state it, by number; the list is among the sources. Where they contradict one another, every version is given and marked.",
        "Fact", "What the sources state", "Conflicting sources.", "For", "Against", "Abstaining", "no counts on file", "Ask",
        "In words, and of whom", "Body", "Sent", "answered", "overdue", "Median days", "Reference", "Recipient", "Where it stands", "written by",
        "Answers by body", "Every letter", "Promises and reminders", "Time to the answer", "Dark: answered. Light: sent and not answered.",
        "In answer to", "Annex", "ready to send", "letters sent", "{rate} of the letters sent have been answered.",
        "{rate} of the letters sent have been answered, half of them within {days} days.",
        "Made with outreach on {date} from the records of {organization}.",
        "by", "Sent; answer due {date}", "Sent; answer awaited by {date}", "Sent; answer overdue since {date}",
        "Answer received, not yet assessed", "Answered {date}", "Ready to send", "Ready to send", "Sending failed", "Returned undelivered",
        "Closed", "not classed yet", "acknowledgement", "substantive answer", "holding reply", "referred", "refused", "agreed", "thanks",
        "e-mail", "post", "web form", "in person",
        "Date", "What happened", "Set in Source Serif 4 and Inter.", "The file ({file}) is not shown here.",
    ),
    "fr": (
        "Dossier d’information", "pour", "Table des matières", "Résumé", "Faits essentiels", "Chronologie", "Personnes concernées",
        "Bases juridiques", "Votes", "Ce qui est demandé", "Situation par institution", "Correspondance", "Réponses reçues",
        "Lettres intégrales", "Sources", "Pièces", "Rôle", "Personne ou institution", "les sources divergent",
        "Chaque fait est accompagné des sources qui l’énoncent, par numéro ; la liste figure parmi les sources. Lorsqu’elles se contredisent, chaque version est donnée et signalée.",
        "Fait", "Ce que disent les sources", "Sources contradictoires.", "Pour", "Contre", "Abstentions", "aucun décompte au dossier", "Demande",
        "En détail, et à qui", "Institution", "Envoyées", "répondues", "en retard", "Jours (médiane)", "Référence", "Destinataire",
        "État", "écrite par", "Réponses par institution", "Toutes les lettres", "Promesses et rappels", "Délai de réponse",
        "Foncé : répondues. Clair : envoyées sans réponse.", "En réponse à", "Annexe", "prêtes à envoyer", "lettres envoyées",
        "{rate} des lettres envoyées ont reçu une réponse.", "{rate} des lettres envoyées ont reçu une réponse, la moitié en {days} jours au plus.",
        "Réalisé avec outreach le {date} d’après les dossiers de {organization}.",
        "d’ici au", "Envoyée ; réponse attendue sous peu, le {date}", "Envoyée ; réponse attendue d’ici au {date}",
        "Envoyée ; réponse en retard depuis le {date}", "Réponse reçue, pas encore évaluée", "Répondue le {date}", "Prête à envoyer",
        "Prête à envoyer", "Envoi échoué", "Revenue non distribuée", "Close", "pas encore classée", "accusé de réception", "réponse sur le fond",
        "réponse d’attente", "renvoyée à un autre service", "refus", "accord", "remerciements", "courriel", "courrier", "formulaire en ligne",
        "en main propre",
        "Date", "Ce qui s’est passé", "Composé en Source Serif 4 et Inter.", "Le fichier ({file}) n’est pas reproduit ici.",
    ),
    "de": (
        "Informationsmappe", "für", "Inhalt", "Zusammenfassung", "Wesentliche Tatsachen", "Zeitleiste", "Wer betroffen ist",
        "Rechtsgrundlagen", "Abstimmungen", "Was verlangt wird", "Stand nach Stellen", "Schriftwechsel", "Eingegangene Antworten",
        "Briefe im Wortlaut", "Quellen", "Belege", "Rolle", "Person oder Stelle", "die Quellen widersprechen sich",
        "Jede Tatsache steht mit den Quellen, die sie nennen, nach Nummern; die Liste steht bei den Quellen. Wo sie einander widersprechen, ist jede Fassung genannt und gekennzeichnet.",
        "Tatsache", "Was die Quellen sagen", "Widersprüchliche Quellen.", "Dafür", "Dagegen", "Enthaltungen", "keine Zahlen in den Akten",
        "Forderung", "Im Wortlaut, und an wen", "Stelle", "Versandt", "beantwortet", "überfällig", "Tage (Median)", "Zeichen", "Empfänger",
        "Stand", "geschrieben von", "Antworten nach Stellen", "Alle Briefe", "Zusagen und Erinnerungen", "Zeit bis zur Antwort",
        "Dunkel: beantwortet. Hell: versandt und nicht beantwortet.", "Antwort auf", "Anlage", "versandbereit", "Briefe versandt",
        "{rate} der versandten Briefe wurden beantwortet.", "{rate} der versandten Briefe wurden beantwortet, die Hälfte binnen {days} Tagen.",
        "Erstellt mit outreach am {date} aus den Unterlagen von {organization}.",
        "bis", "Versandt; Antwort fällig am {date}", "Versandt; Antwort erwartet bis {date}", "Versandt; Antwort überfällig seit {date}",
        "Antwort eingegangen, noch nicht bewertet", "Beantwortet am {date}", "Versandbereit", "Versandbereit", "Versand gescheitert",
        "Unzustellbar zurück", "Abgeschlossen", "noch nicht eingeordnet", "Eingangsbestätigung", "inhaltliche Antwort", "Zwischenbescheid",
        "weiterverwiesen", "abgelehnt", "zugestimmt", "Dank", "E-Mail", "Post", "Webformular", "persönlich",
        "Datum", "Was geschah", "Gesetzt in Source Serif 4 und Inter.", "Die Datei ({file}) ist hier nicht wiedergegeben.",
    ),
}  # fmt: skip


def pack_words(language: str) -> dict[str, str]:
    """Every heading and label, by key; in English where the language has none."""
    return dict(zip(_KEYS, _WORDS.get(language, _WORDS["en"]), strict=True))
