import type { TableDetail } from '@/api/types';

const may = (privilege: string) => (detail: TableDetail) =>
  detail.kind !== 'view' && detail.privileges.includes(privilege);

export const mayWrite = may('write');
export const mayManage = may('manage');
