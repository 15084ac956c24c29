import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { IconButton } from '@/components/IconButton';
import { toast } from '@/components/toasts';
import { copyText } from '@/lib/browser';

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await copyText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch (error) {
      toast({ title: messageOf(error), tone: 'danger' });
    }
  };
  return (
    <IconButton small label={copied ? 'Copied' : label} onClick={() => void copy()}>
      {copied ? <Check size={14} className="text-success" /> : <Copy size={14} />}
    </IconButton>
  );
}
