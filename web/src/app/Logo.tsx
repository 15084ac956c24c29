import { BASE } from '@/lib/base';

export function Logo({ size = 24 }: { size?: number }) {
  return <img src={`${BASE}/icon.svg`} width={size} height={size} alt="" className="rounded-md" />;
}
