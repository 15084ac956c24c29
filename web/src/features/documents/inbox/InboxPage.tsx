import { PageHeader } from '@/components/PageHeader';
export function InboxPage() {
  return <PageHeader crumbs={[{ label: 'Inbox' }]} />;
}
