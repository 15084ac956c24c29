import type { TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { ConstraintsSection } from '@/features/table/maintenance/ConstraintsSection';
import { FilesSection } from '@/features/table/maintenance/FilesSection';
import { OptimizeSection } from '@/features/table/maintenance/OptimizeSection';
import { PropertiesSection } from '@/features/table/maintenance/PropertiesSection';
import { VacuumSection } from '@/features/table/maintenance/VacuumSection';

/** What keeps a table in order, for those who may write to it. */
export function MaintenanceTab({ name, detail }: { name: TableName; detail: TableDetail }) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <FilesSection name={name} detail={detail} />
      <OptimizeSection name={name} detail={detail} />
      <VacuumSection name={name} detail={detail} />
      <ConstraintsSection name={name} detail={detail} />
      <PropertiesSection name={name} detail={detail} />
    </div>
  );
}
