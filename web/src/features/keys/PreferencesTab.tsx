import { useQuery } from '@tanstack/react-query';

import { changePreferences, loadPreferences, preferences } from '@/app/preferences';
import type { Preferences } from '@/api/workspaces';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Checkbox, Field, Input, Select } from '@/components/Field';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { useStore } from '@/lib/store';

const ZONES = Intl.supportedValuesOf('timeZone');
const LOCALES = ['de-DE', 'en-GB', 'en-US', 'es-ES', 'fr-FR', 'it-IT', 'ja-JP', 'nl-NL', 'pt-BR'];

const languageName = (tag: string): string =>
  new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag;

function EditorFields({
  value,
  onChange,
}: {
  value: Preferences['editor'];
  onChange(next: Preferences['editor']): void;
}) {
  const number = (
    name: 'font_size' | 'tab_size',
    label: string,
    least: number,
    most: number,
    hint: string,
  ) => (
    <Field label={label} hint={hint}>
      {(control) => (
        <Input
          {...control}
          key={value[name]}
          type="number"
          min={least}
          max={most}
          defaultValue={value[name]}
          onBlur={(event) => {
            const wanted = Math.round(event.target.valueAsNumber);
            if (wanted >= least && wanted <= most) {
              if (wanted !== value[name]) onChange({ ...value, [name]: wanted });
            } else {
              event.target.value = String(value[name]);
            }
          }}
        />
      )}
    </Field>
  );
  return (
    <section className="flex max-w-80 flex-col gap-3">
      <h2 className="text-lg">SQL editor</h2>
      {number('font_size', 'Font size', 8, 32, 'In pixels, 8 to 32.')}
      {number('tab_size', 'Indentation', 1, 8, 'In spaces, 1 to 8.')}
      <Checkbox
        checked={value.line_numbers}
        onChange={(event) => onChange({ ...value, line_numbers: event.target.checked })}
      >
        Line numbers
      </Checkbox>
      <Checkbox
        checked={value.word_wrap}
        onChange={(event) => onChange({ ...value, word_wrap: event.target.checked })}
      >
        Wrap long lines
      </Checkbox>
    </section>
  );
}

/** How the page looks and writes, on every device where one signs in. */
export function PreferencesTab() {
  const value = useStore(preferences);
  const loading = useQuery({
    queryKey: ['preferences'],
    queryFn: loadPreferences,
    staleTime: Infinity,
  });
  const change = (part: Partial<Preferences>) => {
    changePreferences({ ...value, ...part }).catch((error: unknown) =>
      toastError('Could not keep the preferences', error),
    );
  };
  if (loading.isPending) return <SkeletonRows rows={4} />;
  if (loading.isError) return <ErrorPanel error={loading.error} retry={loading.refetch} />;
  return (
    <div className="flex flex-col gap-8">
      <section className="flex max-w-80 flex-col gap-3">
        <h2 className="text-lg">Appearance</h2>
        <Field label="Theme">
          {(control) => (
            <Select
              {...control}
              value={value.theme}
              onChange={(event) => change({ theme: event.target.value as Preferences['theme'] })}
            >
              <option value="system">As the system</option>
              <option value="light">Light</option>
              <option value="dark">Dark</option>
            </Select>
          )}
        </Field>
        <Field label="Time zone">
          {(control) => (
            <Select
              {...control}
              value={value.time_zone}
              onChange={(event) => change({ time_zone: event.target.value })}
            >
              <option value="">As the browser</option>
              {['UTC', ...ZONES.filter((zone) => zone !== 'UTC')].map((zone) => (
                <option key={zone} value={zone}>
                  {zone.replaceAll('_', ' ')}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Numbers and dates" hint="The words of the page are English.">
          {(control) => (
            <Select
              {...control}
              value={value.language}
              onChange={(event) => change({ language: event.target.value })}
            >
              <option value="">As the browser</option>
              {LOCALES.map((tag) => (
                <option key={tag} value={tag}>
                  {languageName(tag)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </section>
      <EditorFields value={value.editor} onChange={(editor) => change({ editor })} />
    </div>
  );
}
