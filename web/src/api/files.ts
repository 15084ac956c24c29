import { infiniteQueryOptions } from '@tanstack/react-query';
import { filePath, getJson, path, send, sendJson } from '@/api/http';
import type { DirectoryEntry, Page, StoredFile, Upload } from '@/api/types';

export interface VolumeName {
  catalog: string;
  schema: string;
  volume: string;
}

const volumePath = ({ catalog, schema, volume }: VolumeName) =>
  path`/${catalog}/${schema}/${volume}`;

/** The path that the API uses for a file: `/Volumes/<catalog>/<schema>/<volume>/<path>`. */
export const absolutePath = ({ catalog, schema, volume }: VolumeName, inside: string): string =>
  `/Volumes/${catalog}/${schema}/${volume}/${inside}`;

/** Joins a directory inside a volume ("" is its root) and a name. */
export const joinPath = (directory: string, name: string): string =>
  directory ? `${directory}/${name}` : name;

export const directoryQuery = (volume: VolumeName, directory: string) =>
  infiniteQueryOptions({
    queryKey: ['directory', volume.catalog, volume.schema, volume.volume, directory],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      getJson<Page<DirectoryEntry>>(`/directories${volumePath(volume)}/${filePath(directory)}`, {
        query: { limit: 500, after: pageParam },
      }),
    getNextPageParam: (page) => page.next,
  });

export const fileUrl = (volume: VolumeName, inside: string): string =>
  `/files${volumePath(volume)}/${filePath(inside)}`;

export const downloadFile = (volume: VolumeName, inside: string) =>
  send('GET', fileUrl(volume, inside));
export const deleteFile = (volume: VolumeName, inside: string) =>
  send('DELETE', fileUrl(volume, inside));
export const createDirectory = (volume: VolumeName, inside: string) =>
  send('PUT', `/directories${volumePath(volume)}/${filePath(inside)}`);
export const deleteDirectory = (volume: VolumeName, inside: string) =>
  send('DELETE', `/directories${volumePath(volume)}/${filePath(inside)}`, {
    query: { recursive: true },
  });
export const moveFile = (json: { from: string; to: string; overwrite?: boolean }) =>
  send('POST', '/files/move', { json });

export const startUpload = (json: { path: string; bytes: number; overwrite?: boolean }) =>
  sendJson<Upload>('POST', '/uploads', { json });
export const uploadState = (id: string) => getJson<Upload>(path`/uploads/${id}`);
export const finishUpload = (id: string) =>
  sendJson<StoredFile>('POST', path`/uploads/${id}/finish`);
export const abandonUpload = (id: string) => send('DELETE', path`/uploads/${id}`);
