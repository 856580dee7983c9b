"""What documents of offices, clubs and laboratories state, in our own words: labels, kinds of value, sentences, questions.

`{k}` is the key a statement is about (a year, a member's class, a part, a room), `{v}` the value. A label also makes
"Label: value" lines and questions of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that a document may state, once or for several keys."""

    label: str
    value: str
    key: str = ""
    says: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Genre:
    """A kind of document."""

    names: tuple[str, ...]
    headings: tuple[str, ...]
    facts: tuple[Fact, ...]


def _fact(label: str, value: str, says: str = "", asks: str = "", key: str = "") -> Fact:
    return Fact(
        label=label,
        value=value,
        key=key,
        says=tuple(one.strip() for one in says.split("|") if one.strip()),
        asks=tuple(one.strip() for one in asks.split("|") if one.strip()),
    )


GENRES = (
    Genre(
        names=("minutes", "board minutes", "committee meeting", "minutes {month} {year}", "{org} minutes"),
        headings=("Attendance", "Call to order", "Decisions", "Treasurer's report", "Next meeting", "Reports", "Any other business"),
        facts=(
            _fact("Chair", "person", "{v} took the chair.|The meeting was chaired by {v}.|{v}, who chairs the board, opened the meeting.", "who chaired the meeting?|who was in the chair|who opened the meeting?"),
            _fact("Minutes taken by", "person", "{v} kept the minutes.|Minutes: {v}|{v} agreed to act as secretary.", "who took the minutes?|who wrote the minutes|who acted as secretary?"),
            _fact("Present", "count", "{v} members were present.|There were {v} members in the room and two on the telephone.|A total of {v} members attended.|{v} of the members had come.", "how many members were present?|how many people came to the meeting?|how many attended|attendance"),
            _fact("Apologies", "person", "{v} sent apologies.|Apologies were received from {v}.|Absent with notice: {v}", "who sent apologies?|who was excused?|who could not come?"),
            _fact("Called to order", "time", "The meeting was called to order at {v}.|The chair opened the meeting at {v}.|We began at {v}.", "when was the meeting called to order?|at what time did the meeting begin?|when did it start"),
            _fact("Adjourned", "time", "The meeting closed at {v}.|There being no further business, the meeting was adjourned at {v}.", "when was the meeting adjourned?|what time did the meeting end?|when did it close"),
            _fact("Next meeting", "date", "The next meeting will be on {v}.|We meet again on {v}.|The board will next convene on {v}.", "when is the next meeting?|when does the board meet again?|date of the next meeting"),
            _fact("Place", "place", "The meeting was held in {v}.|We met at {v}.", "where was the meeting held?|where did they meet?|venue of the meeting"),
            _fact("Votes in favour", "count", "The motion was carried with {v} votes in favour.|{v} voted for the motion, the others abstained.", "how many voted in favour?|how many votes were in favour of the motion|how many were for it?"),
            _fact("Votes against", "count", "There were {v} votes against.|{v} members voted against the proposal.", "how many voted against?|how many votes were against the proposal"),
            _fact("Moved by", "person", "The motion was moved by {v}.|{v} moved that the proposal be adopted.", "who moved the motion?|who made the motion"),
            _fact("Seconded by", "person", "{v} seconded the motion.|It was seconded by {v}.", "who seconded the motion?|seconder"),
            _fact("Balance", "money", "The treasurer reported a balance of {v}.|There was {v} in the account.|{v} stands in the club's account.", "what was the balance?|how much money was in the account?|how much does the club have"),
            _fact("Approved for {k}", "money", "The board approved {v} for {k}.|It was agreed to spend up to {v} on {k}.|For {k}, {v} was granted.", "how much was approved for {k}?|what will {k} cost at most|how much may be spent on {k}?", key="thing"),
            _fact("Responsible for {k}", "person", "{v} will see to {k}.|{k}: {v} to report back.|{v} volunteered to look after {k}.|Action: {v} – {k}", "who takes care of {k}?|who is responsible for {k}|who looks after {k}?", key="thing"),
        ),
    ),
    Genre(
        names=("bylaws", "{org} bylaws", "statutes", "rules of the society", "house rules", "member handbook"),
        headings=("Membership", "Fees", "Officers", "Meetings", "Article IV", "Quorum", "Amendments"),
        facts=(
            _fact("Annual fee for {k}", "money", "{k} pay {v} a year.|The yearly fee for {k} is {v}.|Dues: {k} {v}|For {k} the subscription amounts to {v}.", "how much do {k} pay?|what is the fee for {k}?|what does it cost {k} to join|membership fee {k}", key="members"),
            _fact("Joining fee", "money", "Those who join pay {v} once.|A single entry fee of {v} is due on admission.|Joining costs {v}.", "what does joining cost?|how much is the entry fee?|joining fee"),
            _fact("Quorum", "count", "{v} members make a quorum.|Decisions are valid if at least {v} members are present.|A quorum consists of {v} members.", "how many members make a quorum?|what is the quorum|how many must be present to decide?"),
            _fact("Term of the {k}", "duration", "The {k} serves for {v}.|The {k} is elected for a term of {v}.|A {k}'s term lasts {v}.", "how long does the {k} serve?|for how long is the {k} elected?|term of office of the {k}", key="office"),
            _fact("Notice of meetings", "duration", "Members are invited {v} before the meeting.|Notice of a general meeting is given at least {v} in advance.", "how long before the meeting must notice be given?|how much notice is required for meetings|notice period"),
            _fact("Minimum age", "age", "Members must be at least {v}.|Nobody under {v} is admitted.", "how old must members be?|what is the minimum age|from what age can one join?"),
            _fact("Payment due", "daymonth", "Fees are due on {v} of each year.|Dues must be paid by {v}.", "when are the fees due?|by when must dues be paid|payment date"),
            _fact("Majority to amend", "share", "These rules may be changed by {v} of the votes cast.|An amendment requires {v} of the members present.", "what majority is needed to amend the bylaws?|how many votes does an amendment need"),
            _fact("Late fee", "money", "Whoever pays late owes {v} more.|A late payment costs an additional {v}.", "what is the late fee?|how much more is due if one pays late"),
            _fact("Seat", "place", "The society has its seat in {v}.|The registered office is in {v}.", "where is the society's seat?|where is its registered office"),
            _fact("Founded", "year", "The club was founded in {v}.|It has existed since {v}.|{v} saw the founding of the society.", "when was the club founded?|since when does the society exist|founding year"),
            _fact("Quiet hours begin", "time", "Quiet hours begin at {v}.|After {v} there must be no noise in the halls.", "when do quiet hours begin?|from what time must it be quiet"),
        ),
    ),
    Genre(
        names=("annual report {year}", "{org} annual report", "report", "yearly report {year}", "{org} {year}", "financial statements"),
        headings=("Key figures", "Results", "Outlook", "Staff", "Letter to members", "Finances", "Overview"),
        facts=(
            _fact("Revenue {k}", "bigmoney", "Revenue in {k} was {v}.|In {k} we took in {v}.|Revenues reached {v} in {k}.|Turnover came to {v} for {k}.", "what was the revenue in {k}?|how much did they take in in {k}|revenue {k}", key="years"),
            _fact("Expenses {k}", "bigmoney", "Expenses in {k} came to {v}.|We spent {v} in {k}.|Total expenditure for {k} was {v}.", "how much was spent in {k}?|what were the expenses in {k}|expenses {k}", key="years"),
            _fact("Employees {k}", "count", "At the end of {k} there were {v} employees.|We employed {v} people in {k}.|Headcount stood at {v} in {k}.", "how many employees were there in {k}?|how many people worked there in {k}|employees {k}", key="years"),
            _fact("Visitors {k}", "bigcount", "{v} visitors came in {k}.|In {k} the house counted {v} visitors.|Attendance for {k}: {v}", "how many visitors came in {k}?|number of visitors {k}|how many people visited in {k}?", key="years"),
            _fact("Members {k}", "bigcount", "Membership stood at {v} in {k}.|By the end of {k} we had {v} members.", "how many members were there in {k}?|membership in {k}", key="years"),
            _fact("Growth {k}", "percent", "Sales grew by {v} in {k}.|The increase in {k} was {v}.|In {k}, growth slowed to {v}.", "by how much did sales grow in {k}?|what was the growth in {k}", key="years"),
            _fact("{k}", "person", "{v} is {k} since last spring.|{v} was appointed {k}.|Our {k}, {v}, left for a journey abroad.|{k}: {v}", "who is the {k}?|who was appointed {k}|name of the {k}", key="role"),
            _fact("Sites in {k}", "count", "In {k} we run {v} sites.|{v} branches are located in {k}.", "how many sites are there in {k}?|how many branches does it have in {k}", key="places"),
            _fact("Share of {k}", "percent", "{k} accounted for {v} of sales.|{v} of the total came from {k}.|The share of {k} was {v}.", "what share of sales came from {k}?|what percentage was {k}|how much of the total did {k} make up?", key="thing"),
            _fact("Donations", "bigmoney", "Donations brought {v}.|Supporters gave {v} in all.|Gifts amounted to {v}.", "how much came in by donations?|how much did supporters give|amount of donations"),
            _fact("Largest donor", "org", "The largest gift came from {v}.|{v} was our biggest donor.", "who was the largest donor?|who gave most|biggest donor"),
            _fact("Auditor", "org", "The accounts were audited by {v}.|{v} audited the books.", "who audited the accounts?|who is the auditor|name of the auditor"),
            _fact("Opened in {k}", "date", "The branch in {k} opened on {v}.|On {v} we opened our house in {k}.", "when did the branch in {k} open?|opening date {k}|when was the house in {k} opened?", key="places"),
        ),
    ),
    Genre(
        names=("budget {year}", "grant application", "cost plan", "project plan", "quote {code}", "invoice {code}", "receipt", "statement"),
        headings=("Costs", "Income", "Summary", "Items", "Schedule", "Terms", "Total"),
        facts=(
            _fact("{k}", "money", "{k} is budgeted at {v}.|We set aside {v} for {k}.|{v} goes to {k}.|{k} – {v}|{k} ... {v}|For {k} {v} is planned.", "how much is planned for {k}?|what does {k} cost?|cost of {k}|budget for {k}|how much goes to {k}", key="thing"),
            _fact("Total", "money", "In all this makes {v}.|The total comes to {v}.|Sum: {v}", "what is the total?|how much is it in all|total amount"),
            _fact("Requested amount", "bigmoney", "We ask for {v}.|The applicant requests {v}.|A grant of {v} is sought.", "how much is requested?|what amount is asked for|grant amount"),
            _fact("Own contribution", "money", "We contribute {v} ourselves.|The applicant's own share is {v}.", "how much do they contribute themselves?|own contribution"),
            _fact("Payable by", "date", "The amount is payable by {v}.|Please pay until {v}.|Due {v}", "when is the payment due?|by when must it be paid|due date"),
            _fact("Invoice number", "code", "Please quote {v} with your payment.|This is invoice {v}.", "what is the invoice number?|which number should be quoted|invoice no"),
            _fact("Customer", "org", "The invoice is addressed to {v}.|Bill to: {v}", "who is the customer?|who is billed|to whom is the invoice addressed?"),
            _fact("VAT", "percent", "VAT of {v} is included.|Prices hold {v} value added tax.", "what is the VAT rate?|how much VAT is included"),
            _fact("Start", "date", "Work begins on {v}.|The project starts on {v}.", "when does the project start?|when does work begin|starting date"),
            _fact("End", "date", "It ends on {v}.|Work is to be finished by {v}.|The project runs until {v}.", "when does the project end?|until when does it run|by when is the work to be finished?"),
            _fact("Project lead", "person", "{v} leads the project.|The project is led by {v}.", "who leads the project?|project leader"),
            _fact("Valid until", "date", "This offer is valid until {v}.|We are bound by this offer until {v}.", "until when is the offer valid?|when does the quote expire"),
            _fact("Delivery", "duration", "We deliver within {v}.|Delivery takes {v}.", "how long does delivery take?|delivery time"),
        ),
    ),
    Genre(
        names=("{product} datasheet", "{product}", "datasheet {product}", "user manual {product}", "technical data", "{product} manual"),
        headings=("Electrical characteristics", "Absolute maximum ratings", "Mechanical data", "Features", "Ordering information", "Specifications", "Maintenance"),
        facts=(
            _fact("Supply voltage", "volt", "The {product} runs on {v}.|It is supplied with {v}.|Operates from a single {v} supply.", "what is the supply voltage?|what voltage does it need|supply voltage of the {product}"),
            _fact("Current in {k} mode", "ampere", "In {k} mode it draws {v}.|Current consumption in {k} mode is {v}.|{v} is drawn in {k} mode.", "how much current does it draw in {k} mode?|current in {k} mode|what is the {k} current?", key="mode"),
            _fact("Maximum operating temperature", "celsius", "It may be used up to {v}.|Do not run it above {v}.|The device operates at temperatures up to {v}.", "what is the maximum operating temperature?|up to what temperature can it be used|how hot may it get?"),
            _fact("Storage temperature", "celsiusrange", "Store at {v}.|It is stored at {v}.", "at what temperature should it be stored?|storage temperature range"),
            _fact("Weight", "weight", "It weighs {v}.|With its battery the {product} has a weight of {v}.", "how much does it weigh?|weight of the {product}|how heavy is it?"),
            _fact("Dimensions", "size", "It measures {v}.|The housing is {v}.", "what are the dimensions?|how large is it|size of the housing"),
            _fact("Range", "metre", "It reaches {v} in the open.|The radio covers up to {v}.", "what is its range?|how far does it reach"),
            _fact("Accuracy", "percent", "Readings are accurate to {v}.|The error is below {v}.", "how accurate is it?|what is the accuracy"),
            _fact("Battery life", "duration", "One charge lasts {v}.|The battery holds for {v}.", "how long does the battery last?|battery life"),
            _fact("Warranty", "duration", "The warranty covers {v}.|We guarantee the device for {v}.", "how long is the warranty?|warranty period"),
            _fact("Part number for {k}", "code", "Order {v} for {k}.|{k} has part number {v}.|Use {v} if you need {k}.", "what is the part number for {k}?|which part do I order for {k}|order code {k}", key="part"),
            _fact("Replace {k} every", "duration", "Replace {k} every {v}.|{k} should be changed after {v}.|The life of {k} is {v}.", "how often must {k} be replaced?|when should {k} be changed|interval for {k}", key="part"),
            _fact("Torque for {k}", "torque", "Tighten {k} with {v}.|{k}: {v}", "with what torque is {k} tightened?|torque for {k}", key="part"),
            _fact("Memory", "bytes", "It has {v} of memory.|{v} of RAM are on board.", "how much memory does it have?|size of memory"),
            _fact("Resolution", "bits", "The converter has {v}.|Samples are taken with {v}.", "what is the resolution of the converter?|how many bits does it have"),
            _fact("Manufacturer", "org", "The {product} is made by {v}.|{v} builds it in its own works.", "who makes the {product}?|who is the manufacturer|which company builds it?"),
        ),
    ),
    Genre(
        names=("paper", "thesis", "preprint", "slides", "poster", "lab notes", "study protocol", "{org} study"),
        headings=("Abstract", "Methods", "Results", "Discussion", "Data", "Participants", "Experiments", "Conclusion"),
        facts=(
            _fact("Participants", "bigcount", "{v} people took part.|We recruited {v} participants.|The sample consisted of {v} adults.", "how many people took part?|number of participants|how large was the sample?"),
            _fact("Accuracy of {k}", "percent", "{k} reached an accuracy of {v}.|With {k} we obtain {v}.|{k} is right in {v} of cases.", "what accuracy does {k} reach?|how well does {k} do|accuracy of {k}", key="method"),
            _fact("Training time of {k}", "duration", "Training {k} took {v}.|{k} was trained for {v}.", "how long was {k} trained?|training time of {k}", key="method"),
            _fact("Funded by", "org", "This work was funded by {v}.|{v} paid for the study.|We thank {v} for its support.", "who funded the study?|who paid for the work|funding"),
            _fact("Study period", "period", "Data were collected {v}.|The survey ran {v}.", "when was the data collected?|when did the survey run|study period"),
            _fact("Study site", "place", "Samples were taken in {v}.|The study took place in {v}.|All measurements were made near {v}.", "where did the study take place?|where were the samples taken|study site"),
            _fact("First author", "person", "The first author is {v}.|{v} designed the study and wrote the text.", "who is the first author?|who designed the study"),
            _fact("Mean age", "age", "The mean age was {v}.|Participants were {v} old on average.", "what was the mean age?|how old were the participants on average"),
            _fact("Temperature", "celsius", "Samples were kept at {v}.|The oven was set to {v}.", "at what temperature were the samples kept?|what temperature was used"),
            _fact("Learning rate", "decimal", "We use a learning rate of {v}.|The step size is {v}.", "what learning rate is used?|step size"),
            _fact("Dropouts", "count", "{v} participants left early.|{v} people did not finish.", "how many left early?|how many did not finish the study|dropouts"),
            _fact("Response in {k}", "percent", "In {k}, {v} agreed.|{v} of those asked in {k} said yes.", "what share agreed in {k}?|how many percent said yes in {k}", key="places"),
            _fact("Data set", "name", "We test on {v}.|All results are on {v}, which is public.", "which data set is used?|what did they test on"),
        ),
    ),
    Genre(
        names=("mail", "Re: {thing}", "letter", "memo", "notice", "announcement", "invitation", "newsletter {month}"),
        headings=("From the office", "News", "Dates", "Contact", "To all staff", "Inbox", "Notices"),
        facts=(
            _fact("From", "person", "From: {v}|Best regards, {v}|{v} writes:", "who wrote the mail?|who is it from|sender"),
            _fact("Deadline for {k}", "date", "Please hand in {k} by {v}.|{k} must reach us before {v}.|The deadline for {k} is {v}.", "when is the deadline for {k}?|by when must {k} be handed in|until when can I send {k}?", key="thing"),
            _fact("{k} takes place", "date", "{k} takes place on {v}.|Save the date: {k}, {v}|{k} will be held on {v}.|We look forward to {k} on {v}.", "when does {k} take place?|when is {k}|date of {k}", key="event"),
            _fact("Place of {k}", "place", "{k} is in {v} this time.|Come to {v} for {k}.|{k} will be held at {v}.", "where is {k}?|where does {k} take place|place of {k}", key="event"),
            _fact("Entrance to {k}", "money", "Entrance to {k} is {v}.|Tickets for {k} cost {v}.|{k}: {v} at the door", "how much is the entrance to {k}?|what do tickets for {k} cost|price of {k}", key="event"),
            _fact("Contact for {k}", "person", "Ask {v} about {k}.|{v} answers questions about {k}.|For {k} please turn to {v}.", "who can I ask about {k}?|contact for {k}|whom do I ask about {k}?", key="thing"),
            _fact("Telephone", "phone", "Call us at {v}.|The office can be reached at {v}.|Phone {v}", "what is the telephone number?|under which number can the office be reached|phone"),
            _fact("E-mail", "email", "Write to {v}.|Replies to {v}, please.", "what is the e-mail address?|where should replies be sent|email"),
            _fact("Office hours", "hours", "We are open {v}.|The office is staffed {v}.", "when is the office open?|office hours|opening hours"),
            _fact("Room of {k}", "room", "{k} is in room {v}.|You find {k} in room {v}.", "in which room is {k}?|which room is {k} in|room of {k}", key="event"),
            _fact("Departure", "time", "The bus leaves at {v}.|We leave at {v} from the main gate.", "when does the bus leave?|departure time|when do we leave?"),
            _fact("Closed on", "date", "The office stays closed on {v}.|On {v} nobody will be here.", "on which day is the office closed?|when is it closed"),
            _fact("Order of {k}", "count", "Please order {v} {k}.|We need {v} more {k}.|I have ordered {v} {k}.", "how many {k} were ordered?|how many {k} do we need", key="goods"),
            _fact("Landlord", "person", "The landlord is {v}.|The flat belongs to {v}.", "who is the landlord?|to whom does the flat belong"),
            _fact("Rent", "money", "The rent is {v} a month.|Each month {v} is due as rent.", "how much is the rent?|monthly rent|what does the flat cost a month?"),
            _fact("Deposit", "money", "A deposit of {v} is paid on moving in.|You leave {v} as security.", "how much is the deposit?|what security has to be paid"),
        ),
    ),
)
