"""The workbook's interface, written once more by hand: tabs, headings, kinds, owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The interface of the workbook, copied by hand from its description: key | pt-BR | en.
TAB_TITLES = """
start|Início|Start
dashboard|Painel|Dashboard
receivables|Recebíveis|Receivables
clients|Clientes|Clients
payments|Pagamentos|Payments
negotiations|Negociações|Negotiations
instalments|Parcelas|Instalments
queue|Fila|Queue
bank_matches|Conciliação|Bank matches
issues|Problemas|Issues
aging|Vencidos por faixa|Aging
results|Resultados|Results
forecast|Previsão|Forecast
history|Histórico|History
runs|Execuções|Runs
recurring|Recorrências|Recurring
trends|Evolução|Trends
policy|Régua|Policy
templates|Modelos|Templates
offers|Ofertas|Offers
settings|Configurações|Settings
playbook|Roteiro|Playbook
"""

# tab | key | pt-BR | en | kind | owner
COLUMN_HEADINGS = """
receivables|id|Título|Invoice|text|U
receivables|client|Cliente|Client|text|U
receivables|description|Descrição|Description|text|U
receivables|issued_on|Emissão|Issued on|date|U
receivables|due_on|Vencimento|Due date|date|U
receivables|amount|Valor|Amount|money|U
receivables|method|Forma de pagamento|Payment method|list|U
receivables|payment_code|Linha digitável ou link|Payment code or link|text|U
receivables|paid_on|Pago em|Paid on|date|U
receivables|paid_amount|Valor pago|Amount paid|money|U
receivables|disputed|Contestado|Disputed|flag|U
receivables|hold_until|Pausar até|Hold until|date|U
receivables|delay_reason|Motivo do atraso|Delay reason|list|U
receivables|policy|Régua|Policy|text|U
receivables|cancelled|Cancelado|Cancelled|list|U
receivables|notes|Observações|Notes|text|U
receivables|status|Situação|Status|list|E
receivables|days_past_due|Dias em atraso|Days past due|int|E
receivables|bucket|Faixa|Aging bucket|text|E
receivables|balance|Saldo|Balance|money|E
receivables|late_fee|Multa|Late fee|money|E
receivables|interest|Juros|Interest|money|E
receivables|total_due|Total atualizado|Total due|money|E
receivables|last_reminder|Último lembrete|Last reminder|date|E
receivables|last_step|Última etapa|Last step|text|E
receivables|next_reminder|Próximo lembrete|Next reminder|date|E
receivables|hold_reason|Por que não cobrar|Why not|text|E
clients|client|Cliente|Client|text|U
clients|legal_name|Razão social|Legal name|text|U
clients|tax_id|CPF/CNPJ|Tax ID|text|U
clients|contact|Contato|Contact|text|U
clients|email|E-mail|E-mail|mails|U
clients|cc|Cópia|Cc|mails|U
clients|phone|WhatsApp|WhatsApp|text|U
clients|segment|Segmento|Segment|text|U
clients|policy|Régua|Policy|text|U
clients|language|Idioma|Language|list|U
clients|do_not_contact|Não contatar|Do not contact|flag|U
clients|hold_until|Pausar até|Hold until|date|U
clients|owner|Responsável|Owner|text|U
clients|notes|Observações|Notes|text|U
clients|open_balance|Em aberto|Open balance|money|E
clients|overdue_balance|Vencido|Overdue balance|money|E
clients|average_delay|Atraso médio|Average delay|number|E
clients|on_time_rate|Pontualidade|On-time rate|percent|E
clients|promise_rate|Promessas cumpridas|Promises kept|percent|E
clients|points|Pontos|Points|int|E
clients|risk|Risco|Risk|list|E
clients|last_contact|Último contato|Last contact|date|E
clients|suggestion|Sugestão|Suggestion|text|E
payments|paid_on|Data|Date|date|U
payments|receivable|Título|Invoice|text|U
payments|client|Cliente|Client|text|U
payments|amount|Valor|Amount|money|U
payments|method|Forma|Method|list|U
payments|reference|Referência|Reference|text|U
payments|source|Origem|Source|text|U
payments|notes|Observações|Notes|text|U
negotiations|at|Quando|When|datetime|U
negotiations|client|Cliente|Client|text|U
negotiations|receivables|Títulos|Invoices|text|U
negotiations|kind|Tipo|Kind|list|U
negotiations|amount|Valor|Amount|money|U
negotiations|pay_by|Pagar até|Pay by|date|U
negotiations|instalments|Parcelas|Instalments|int|U
negotiations|first_due_on|1º vencimento|First due on|date|U
negotiations|discount|Desconto|Discount|percent|U
negotiations|channel|Canal|Channel|list|U
negotiations|by|Por|By|text|U
negotiations|notes|Detalhes|Details|text|U
negotiations|closed_on|Encerrado em|Closed on|date|U
negotiations|ref|Ref|Ref|text|E
negotiations|outcome|Resultado|Outcome|list|E
instalments|instalment|Parcela|Instalment|text|A
instalments|agreement|Acordo|Agreement|text|A
instalments|due_on|Vencimento|Due date|date|A
instalments|amount|Valor|Amount|money|A
instalments|paid_on|Pago em|Paid on|date|U
instalments|paid_amount|Valor pago|Amount paid|money|U
instalments|status|Situação|Status|list|E
instalments|hold_reason|Por que não cobrar|Why not|text|E
queue|client|Cliente|Client|text|E
queue|step|Etapa|Step|text|E
queue|receivables|Títulos|Invoices|text|E
queue|total|Total|Total|money|E
queue|to|Para|To|text|E
queue|subject|Assunto|Subject|text|E
queue|state|Situação|State|list|E
queue|reason|Motivo|Reason|text|E
queue|whatsapp|Conversa|Chat|text|E
queue|send_on|Enviar em|Send on|date|E
queue|approve|Aprovar|Approve|flag|X
queue|skip|Pular|Skip|flag|X
queue|done|Feito|Done|flag|X
queue|call_result|Resultado da ligação|Call result|list|X
bank_matches|receivable|Título sugerido|Suggested invoice|text|E
bank_matches|confidence|Confiança|Confidence|percent|E
bank_matches|confirm|Confirmar|Confirm|flag|X
bank_matches|ignore|Ignorar|Ignore|flag|X
bank_matches|receivable_override|Outros títulos|Other invoices|text|X
issues|tab|Aba|Tab|text|E
issues|row|Linha|Row|int|E
issues|column|Coluna|Column|text|E
issues|value|Valor|Value|text|E
issues|problem|Problema|Problem|text|E
issues|repair|Como corrigir|How to fix|text|E
issues|severity|Gravidade|Severity|list|E
history|at|Quando|When|datetime|A
history|valid_until|Válido até|Valid until|date|A
history|reference|Referência|Reference|text|A
history|keys|Chaves|Keys|text|A
history|outcome|Resultado|Outcome|list|E
recurring|name|Recorrência|Recurring|text|U
recurring|every|A cada|Every|list|U
recurring|day|Dia|Day|int|U
recurring|from|De|From|date|U
recurring|until|Até|Until|date|U
recurring|create_before|Criar antes (dias)|Create before (days)|int|U
recurring|last_created|Última criada|Last created|date|E
policy|policy|Régua|Policy|text|U
policy|step|Etapa|Step|text|U
policy|offset|Dias|Days|int|U
policy|channel|Canal|Channel|list|U
policy|template|Modelo|Template|text|U
policy|approval|Exige aprovação|Needs approval|flag|U
policy|minimum|Saldo mínimo|Minimum balance|money|U
policy|repeat_every|Repetir a cada|Repeat every|int|U
policy|repeat_max|Máximo de repetições|Maximum repeats|int|U
policy|offers|Com ofertas|With offers|flag|U
policy|active|Ativa|Active|flag|U
templates|template|Modelo|Template|text|U
templates|language|Idioma|Language|list|U
templates|subject|Assunto|Subject|text|U
templates|body|Texto|Body|text|U
offers|from_days|De|From|int|U
offers|to_days|Até|To|int|U
offers|charges_discount|Desconto em encargos|Discount on charges|percent|U
offers|principal_discount|Desconto no principal|Discount on principal|percent|U
offers|instalments|Parcelas|Instalments|int|U
offers|minimum_instalment|Parcela mínima|Minimum instalment|money|U
offers|monthly_rate|Juros do parcelamento|Instalment interest|percent|U
offers|first_due_days|Dias até o 1º pagamento|Days to first payment|int|U
offers|valid_days|Validade|Valid for|int|U
settings|setting|Configuração|Setting|text|U
settings|value|Valor|Value|text|U
"""


def rows_of(table: str) -> Iterator[list[str]]:
    for line in table.strip().splitlines():
        yield line.split("|")
